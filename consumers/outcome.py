"""Outcomes as records: what became of a change, told once whatever happens."""

from cxsync import trace
from cxsync.broker import topics
from cxsync.role import Role
from cxsync.store.outbox import Message as Owed
from schemas.errors import Erased
from schemas.message import Message, pack
from schemas.records import Outcome, OutcomeContent


def owed(message: Message, record: Outcome) -> Owed:
    """``message`` as the outbox keeps it."""
    return Owed(record.event_id, record.connection_id, message.topic, message.key, message.value, message.headers)


def packed(role: Role, outcome: Outcome, content: OutcomeContent | None = None, trace_id: str | None = None) -> Owed:
    """The record of ``outcome``, sealed; if the connection was erased meanwhile, the bare fact ``erased``."""
    topic = role.settings.topic_prefix + topics.OUTCOMES
    headers = trace.headers(outcome.event_id, outcome.connection_id, outcome.target, outcome.at, trace_id)
    try:
        key = role.keyring.key_of(outcome.connection_id)
    except Erased:
        erased = Outcome(
            event_id=outcome.event_id,
            connection_id=outcome.connection_id,
            target=outcome.target,
            result="erased",
            at=outcome.at,
            change_id=outcome.change_id,
            change=outcome.change,
            raw=outcome.raw,
        )
        return owed(pack(topic, erased, None, headers, None), erased)
    return owed(pack(topic, outcome, content or OutcomeContent(), headers, key), outcome)
