"""One item of the inbox with all that is known of it, and the records that tell what became of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from consumers.handler import Effect, Work
from consumers.outcome import packed
from consumers.sink.sides import Sides, fingerprint_of, native_id, version_of
from cxsync import trace
from cxsync.broker import topics
from cxsync.role import Role
from cxsync.store import seen
from cxsync.store.lease import Fenced
from cxsync.store.links import Link
from cxsync.store.outbox import Message as Owed
from cxsync.store.seen import Seen
from schemas.appointment import Appointment
from schemas.message import pack
from schemas.records import (
    Change,
    ChangeContent,
    LostValue,
    Notification,
    NotificationContent,
    Outcome,
    OutcomeContent,
    Parameter,
    WrittenValue,
)
from schemas.words import Field, Reason, Result, Side


class Case(Struct, frozen=True):
    """``link`` is the item's link that is not closed; ``known`` what is remembered of the item without one."""

    role: Role
    work: Work
    change: Change
    content: ChangeContent
    sides: Sides
    link: Link | None
    known: Seen | None
    now: datetime

    @property
    def appointment(self) -> Appointment:
        """The snapshot that the change carries; only an upsert has one."""
        if self.content.appointment is None:
            raise ValueError("a change without an appointment was taken for an upsert")
        return self.content.appointment

    @property
    def fingerprint(self) -> bytes:
        """The keyed fingerprint of the snapshot."""
        return self.sides.keyed(self.appointment)

    @property
    def is_echo(self) -> bool:
        """Whether this is the version that this program wrote or saw last: by version *and* content (rule 3)."""
        link, side = self.link, self.sides.source_side
        if link is None or link.state != "live" or self.content.assert_:
            return False  # of a pending link the source was noted, but nothing was carried over yet
        return version_of(link, side) == self.change.source_version and fingerprint_of(link, side) == self.fingerprint

    @property
    def partner_id(self) -> str | None:
        """The id of the linked item on the target's side."""
        return None if self.link is None else native_id(self.link, self.sides.target_side)

    def remember(self, conn: Fenced, *, gone: bool = False) -> None:
        """Note the item as it was dealt with; one that is gone is known no more, should it come back as it was."""
        fingerprint = None if gone or self.content.appointment is None else self.fingerprint
        seen.record(
            conn,
            [
                Seen(
                    self.change.connection_id,
                    self.change.source_system,
                    self.change.native_id,
                    fingerprint,
                    None if gone else self.change.source_version,
                    self.change.observed_at,
                )
            ],
        )

    def outcome(
        self,
        result: Result,
        *,
        link_id: UUID | None = None,
        target_id: str | None = None,
        code: str | None = None,
        written: Sequence[WrittenValue] = (),
        lost: Sequence[LostValue] = (),
        detail: str = "",
        notification_id: UUID | None = None,
    ) -> Owed:
        """What became of the change, as a record for the outbox."""
        link_id = link_id or (self.link.id if self.link else None)
        ids: dict[Side, str | None] = {
            self.sides.source_side: self.change.native_id,
            self.sides.target_side: target_id or self.partner_id,
        }
        appointment = self.content.appointment
        outcome = Outcome(
            event_id=trace.derived("outcome", self.change.event_id, result),
            connection_id=self.change.connection_id,
            target=self.change.target,
            result=result,
            at=self.now,
            change_id=self.change.event_id,
            change=self.work.item.position,
            raw=self.change.raw,
            link_id=link_id,
            carerix_id=ids["carerix"],
            external_id=ids["external"],
            code=code,
            written=tuple(value.field for value in written),
            lost=tuple(value.field for value in lost),
            attempts=self.work.item.attempts + 1,
            notification_id=notification_id,
        )
        content = OutcomeContent(
            subject=appointment.subject if appointment else "",
            start=appointment.start if appointment else None,
            written=tuple(written),
            lost=tuple(lost),
            detail=detail,
        )
        return packed(self.role, outcome, content, self.work.trace_id)

    def notification(
        self,
        reason: Reason,
        cause: str,
        *,
        about: Appointment | None = None,
        link_id: UUID | None = None,
        parameters: Sequence[Parameter] = (),
    ) -> Owed:
        """A mail owed to the user. Equal ``cause``, equal id: told once, however often it is found."""
        link_id = link_id or (self.link.id if self.link else None)
        told = about or self.content.appointment
        notification = Notification(
            event_id=trace.derived("notification", self.change.connection_id, reason, cause),
            connection_id=self.change.connection_id,
            reason=reason,
            cause=str(trace.derived(cause)),
            at=self.now,
            link_id=link_id,
        )
        private = told is not None and told.private
        content = NotificationContent(
            subject="" if told is None or private else told.subject,
            start=None if told is None else told.start,
            end=None if told is None else told.end,
            web_link=None if told is None else told.web_link,
            findings=self.content.findings,
            parameters=(*parameters, *((Parameter(name="private", value="1"),) if private else ())),
        )
        headers = trace.headers(
            notification.event_id, notification.connection_id, None, notification.at, self.work.trace_id
        )
        topic = self.role.settings.topic_prefix + topics.NOTIFICATIONS
        message = pack(topic, notification, content, headers, self.sides.key)
        return Owed(
            notification.event_id, notification.connection_id, topic, message.key, message.value, message.headers
        )

    def turned(self, appointment: Appointment, version: str | None, fields: Sequence[Field]) -> Owed:
        """A change of the other direction: what the target holds is to be carried to the source; ``fields`` must."""
        target_id = self.partner_id
        if target_id is None:
            raise ValueError("an item without a partner has no other direction")
        change = Change(
            event_id=trace.derived("turned", self.change.event_id, *fields),
            connection_id=self.change.connection_id,
            origin="sink",
            source_side=self.sides.target_side,
            source_system=self.sides.target_system,
            target=self.sides.source_system,
            kind="upsert",
            native_id=target_id,
            source_version=version,
            observed_at=self.now,
            raw=self.change.raw,
            fingerprint=self.sides.keyed(appointment),
        )
        headers = trace.headers(
            change.event_id, change.connection_id, change.source_system, self.now, self.work.trace_id
        )
        topic = f"{self.role.settings.topic_prefix}changes.{change.target}"
        content = ChangeContent(appointment=appointment, assert_=tuple(fields))
        message = pack(topic, change, content, headers, self.sides.key)
        return Owed(change.event_id, change.connection_id, topic, message.key, message.value, message.headers)

    def done(self, *messages: Owed) -> Effect:
        """Nothing more to write than that it was dealt with."""
        return Effect(messages, self.remember)
