"""The closed list of metrics: every name, its kind, meaning and labels. ``docs/operate.md`` is printed from it.

A name or label that is not here fails mypy. Label values are few and known beforehand: systems, topics, codes; never
an id (there may be a hundred thousand connections) and never anything that a person wrote.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypedDict, get_args

import msgspec

System = Literal["carerix", "exchange", "google"]
Stage = Literal["producer", "processor", "consumer", "mailer", "history"]
LabelName = Literal["system", "stage", "topic", "result", "code", "reason", "status", "role"]


class Labels(TypedDict, total=False):
    """Label names and what their values may be; which a metric takes stands in ``METRICS``."""

    system: System
    stage: Stage
    topic: str
    result: str  # of an outcome
    code: str  # of an error
    reason: str  # of a mail or a restart
    status: str  # of an HTTP answer: 2xx, 4xx, 401, 429, 5xx, timeout
    role: str  # below the supervisor


CounterName = Literal[
    "records_polled",
    "records_published",
    "records_processed",
    "dead_letters",
    "polls",
    "inbox_upserts",
    "inbox_duplicates",
    "inbox_superseded",
    "outcomes",
    "outbox_leftovers",
    "leases_lost",
    "retries",
    "requests",
    "budget_waits",
    "mails_sent",
    "mails_failed",
    "role_restarts",
]
SystemDuration = Literal[
    "poll_seconds",
    "reconcile_seconds",
    "end_to_end_seconds",
    "request_seconds",
    "budget_wait_seconds",
]
HistogramName = Literal[SystemDuration, "process_seconds"]
GaugeName = Literal["lag_records", "last_commit_timestamp_seconds", "inbox_due", "connections_leased", "role_ready"]
MetricName = CounterName | HistogramName | GaugeName

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
LONG = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 3600)


class Metric(msgspec.Struct, frozen=True):
    """One line of the list; ``buckets`` (seconds) only for histograms."""

    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[LabelName, ...] = ()
    buckets: tuple[float, ...] = ()


def _counter(text: str, *labels: LabelName) -> Metric:
    return Metric("counter", text, labels)


def _gauge(text: str, *labels: LabelName) -> Metric:
    return Metric("gauge", text, labels)


def _histogram(text: str, buckets: tuple[float, ...], *labels: LabelName) -> Metric:
    return Metric("histogram", text, labels, buckets)


METRICS: Mapping[MetricName, Metric] = {
    "records_polled": _counter("Changed appointments that a poll found", "system"),
    "records_published": _counter("Records that Kafka acknowledged", "stage", "topic"),
    "records_processed": _counter("Records read from a topic and carried through", "stage", "topic"),
    "dead_letters": _counter("Records set aside because they could not be processed", "stage", "code"),
    "polls": _counter("Polls ended, code ok or that of the error", "system", "code"),
    "inbox_upserts": _counter("Changes put into the inbox", "system"),
    "inbox_duplicates": _counter("Changes that the inbox or an earlier reconciliation already had", "system"),
    "inbox_superseded": _counter("Changes in the inbox that a newer observation replaced", "system"),
    "outcomes": _counter("Reconciliations ended, by result", "system", "result"),
    "outbox_leftovers": _counter("Messages published late, since a process died after its commit", "system"),
    "leases_lost": _counter("Leases that another process took over while we worked", "stage"),
    "retries": _counter("Items put off to be tried again", "system", "code"),
    "requests": _counter("Requests sent to a calendar's server, by status of the answer", "system", "status"),
    "budget_waits": _counter("Requests that waited for the shared request budget", "system"),
    "mails_sent": _counter("Mails that the mail server accepted", "reason"),
    "mails_failed": _counter("Mails that the mail server did not accept; each is tried again", "code"),
    "role_restarts": _counter("Roles that the supervisor started again", "role", "reason"),
    "poll_seconds": _histogram("Duration of one poll of one connection or tenant", LONG, "system"),
    "reconcile_seconds": _histogram("Duration of one reconciliation of one appointment", LONG, "system"),
    "process_seconds": _histogram("Time to judge one raw record", SHORT),
    "end_to_end_seconds": _histogram(
        "From the observation of a change to its effect on the other side", LONG, "system"
    ),
    "request_seconds": _histogram("Duration of one request to a calendar's server", LONG, "system"),
    "budget_wait_seconds": _histogram("Time waited for the shared request budget", LONG, "system"),
    "lag_records": _gauge("Records of a topic that wait for this process", "stage", "topic"),
    "last_commit_timestamp_seconds": _gauge("When this process last committed an offset of a topic", "stage", "topic"),
    "inbox_due": _gauge("Changes whose time has come and that still wait", "system"),
    "connections_leased": _gauge("Connections in the hand of this process", "stage"),
    "role_ready": _gauge("1 while a role below the supervisor is ready", "role"),
}

# The three Literals and the list say the same; a difference is a mistake that no process should start with.
if set(METRICS) != {*get_args(CounterName), *get_args(HistogramName), *get_args(GaugeName)}:
    raise AssertionError("METRICS and the names of the metrics differ")


def table() -> str:
    """The list as the Markdown table of ``docs/operate.md``."""
    lines = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for name, metric in METRICS.items():
        full = f"cxsync_{name}" + ("_total" if metric.kind == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{full}` | {metric.kind} | {labels} | {metric.help} |")
    return "\n".join(lines) + "\n"


BEGIN = "<!-- metrics: begin (printed by `python -m cxsync.observe.measures`) -->\n"
END = "<!-- metrics: end -->\n"


def put_into(page: str) -> str:
    """``page`` with the table between its two marks, whatever stood there before."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + begin + table() + end + after


if __name__ == "__main__":
    OPERATE = Path("docs/operate.md")
    OPERATE.write_text(put_into(OPERATE.read_text()))
