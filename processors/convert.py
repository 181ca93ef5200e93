"""From one raw record to what is published for it: a change, or a dead letter that keeps the record and its cause."""

import traceback
from collections.abc import Callable, Mapping
from uuid import UUID

from msgspec.structs import replace

from cxsync import trace
from cxsync.broker.dead_letter import dead_letter
from cxsync.broker.delivered import Delivered
from cxsync.calendars.errors import Unreadable
from cxsync.store.errors import DatabaseUnavailable
from cxsync.store.keys import KeyMissing
from processors.judge import Judge
from schemas.errors import ContractError, NewerSchema, Undecodable, UnknownMasterKey
from schemas.message import Message, pack, unpack
from schemas.records import RawChange, RawContent
from schemas.sealing import digest
from schemas.words import System


class Converter:
    """Holds what converting needs besides the record: ``judges`` by source system, ``key_of`` a connection."""

    def __init__(self, prefix: str, judges: Mapping[System, Judge], key_of: Callable[[UUID], bytes]) -> None:
        self._prefix = prefix
        self._judges = judges
        self._key_of = key_of

    def __call__(self, record: Delivered) -> Message | None:
        """The message to publish; None if the connection was erased, so that nothing can be said of the record.

        Raises:
            NewerSchema, UnknownMasterKey: the worker has to stop; the record stays where it is.
            DatabaseUnavailable: a key could not be asked for; to be tried again.
        """
        try:
            return self._change(record)
        except (NewerSchema, UnknownMasterKey, DatabaseUnavailable):
            raise
        except (ContractError, KeyMissing, Unreadable) as error:
            return self._dead(record, error.code, str(error))
        except Exception as error:  # whatever a judge raises must not stop the stream (rule 9)
            return self._dead(record, "judge-failed", _place(error))

    def _change(self, record: Delivered) -> Message | None:
        if record.value is None:
            raise Undecodable("it has no value")
        opened = unpack(record.position.topic, record.value, record.headers, self._key_of)
        raw = opened.record
        if opened.erased:
            return None
        if not isinstance(raw, RawChange):
            raise Undecodable(f"it is a {type(raw).__name__}, expected is a RawChange")
        if raw.truncated or not isinstance(opened.content, RawContent):
            return self._dead(record, "record-truncated", "the appointment is larger than a record may be")
        judge = self._judges.get(raw.system)
        if judge is None:
            return self._dead(record, "unknown-system", f"nothing here judges appointments of {raw.system}")
        judged = judge(raw, opened.content, record.position)
        key = self._key_of(raw.connection_id)
        change = judged.change
        if change.fingerprint is not None:
            change = replace(change, fingerprint=digest(key, change.fingerprint))
        headers = trace.headers(
            change.event_id, change.connection_id, change.source_system, change.observed_at, opened.headers.trace_id
        )
        topic = f"{self._prefix}changes.{change.target}"
        return pack(topic, change, judged.content, headers, key)

    def _dead(self, record: Delivered, code: str, cause: str) -> Message:
        return dead_letter(self._prefix, record, code=code, cause=cause, key_of=self._key_of)


def _place(error: Exception) -> str:
    # The text of a foreign exception may quote an appointment; its type and place do not.
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
