# One image for every role: `docker run cxcalendarsync run processor`.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/cxsync
ENV PATH=/opt/cxsync/bin:$PATH
WORKDIR /src
COPY requirements.lock ./
RUN pip install --quiet --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY schemas schemas
COPY producers producers
COPY processors processors
COPY consumers consumers
COPY cxsync cxsync
RUN pip install --quiet --no-deps --no-build-isolation . && python -m compileall -q /opt/cxsync/lib

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin cxsync
COPY --from=build /opt/cxsync /opt/cxsync
ENV PATH=/opt/cxsync/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER cxsync
WORKDIR /tmp
ENTRYPOINT ["cxsync"]
CMD ["--help"]
