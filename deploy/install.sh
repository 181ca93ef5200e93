#!/usr/bin/env bash
# Makes .venv below the clone and installs the locked dependencies and the program into it.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"

"$python" - <<'PY' || { echo "make install: Python 3.11 or newer is needed; name one with PYTHON=/path/to/python3.11" >&2; exit 1; }
import sys
raise SystemExit(sys.version_info < (3, 11))
PY

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  # Debian ships the venv module without ensurepip unless python3-venv is installed.
  if ! "$python" -m venv --clear .venv >/dev/null 2>&1; then
    if "$python" -m pip --version >/dev/null 2>&1; then
      rm -rf .venv
      "$python" -m venv --without-pip .venv
      "$python" -m pip --python .venv/bin/python install --quiet pip
    elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
      echo "make install: adding Debian's python3-venv" >&2
      { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-venv; } >/dev/null
      "$python" -m venv --clear .venv
    else
      echo "make install: this Python has neither venv nor pip; install python3-venv (apt install python3-venv) and try again" >&2
      exit 1
    fi
  fi
fi

pip=(.venv/bin/python -m pip --disable-pip-version-check install --quiet --no-input)
"${pip[@]}" --require-hashes --requirement requirements.lock
"${pip[@]}" --no-deps --no-build-isolation --editable .
