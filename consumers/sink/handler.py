"""One sink: decides what an item of its inbox asks for, and what an error of a calendar means for it."""

from datetime import UTC, datetime
from typing import Final

from consumers.handler import Effect, Later, TryAgain, Work
from consumers.outcome import packed
from consumers.sink.case import Case
from consumers.sink.create import create, settle_pending
from consumers.sink.explain import cause_of, explanation
from consumers.sink.remove import remove
from consumers.sink.sides import Sides
from consumers.sink.suspended import is_local, keep_out, stay
from consumers.sink.update import update
from cxsync import trace
from cxsync.account import details_of
from cxsync.calendars import errors
from cxsync.calendars.opening import Openings
from cxsync.crossing import crossing, told
from cxsync.merge.standing import standing
from cxsync.policy import policy_of
from cxsync.role import Role
from cxsync.store import connections, links, schedule, seen, tenants
from cxsync.store.lease import Fenced, Hand, of_connection
from cxsync.store.outbox import Message as Owed
from schemas.records import Change, ChangeContent, Finding, Outcome
from schemas.words import System

CONFIRM_AFTER: Final = 67.0
"""Seconds that nothing touches an account whose password was refused: a minute, and what polls are spread by."""
LONGEST_DELAY: Final = 300.0
QUIET: Final = "exception-quiet"
"""Code of an item whose series crossed, and whose mail waits for more exceptions."""


class Sink:
    """Reconciles changes with the calendars of ``target``."""

    def __init__(self, role: Role, target: System, openings: Openings) -> None:
        self._role = role
        self._target: System = target
        self._openings = openings

    def handle(self, work: Work, hand: Hand) -> Effect:
        """Raises TryAgain, HoldItem, LeaseLost as ``Handler`` says."""
        change = work.record
        if not isinstance(change, Change):
            raise TypeError(type(change).__name__)
        if work.erased or not isinstance(work.content, ChangeContent):
            return Effect((self._erased(work, change),))
        case = self._case(work, change, work.content, hand)
        try:
            return self._decide(case, hand)
        except errors.CredentialsRefused as error:
            if error.system != "carerix":
                self._refused(case, hand)
            raise TryAgain(error.code, CONFIRM_AFTER + 1) from error
        except errors.Busy as error:
            raise TryAgain(error.code, error.retry_after or self._delay(work)) from error
        except errors.VersionChanged as error:
            raise TryAgain(error.code, 0.2) from error
        except (errors.Rejected, errors.NotPermitted) as error:
            return self._rejected(case, error)
        except errors.CalendarError as error:
            raise TryAgain(error.code, self._delay(work)) from error

    def _decide(self, case: Case, hand: Hand) -> Effect:
        if case.change.kind != "upsert":
            return remove(case, hand)
        match standing(case.appointment, linked=case.link is not None):
            case "gone":
                return remove(case, hand, called_off=True)
            case "kept-out":
                return keep_out(case, hand)
            case "nothing":
                return case.done(case.outcome("unchanged", code="not-carried"))
            case "takes-part":
                pass
        if case.work.item.last_code == QUIET:  # it was carried; asking a server now could only lose the mails
            mails = [self._mail(case, finding) for finding in case.content.findings]
            return case.done(case.outcome("unchanged", code=QUIET), *mails)
        if case.is_echo:
            return case.done(case.outcome("echo"))
        if case.link is None and case.known is not None and case.known.fingerprint == case.fingerprint:
            return case.done(case.outcome("unchanged"))
        if case.change.verdict == "refused":
            return self._cannot_hold(case, hand)
        effect = self._carry(case, hand)
        if case.content.findings and effect.again is None:
            return Effect(effect.messages, effect.write, Later(QUIET, float(self._role.settings.exception_quiet)))
        return effect

    def _carry(self, case: Case, hand: Hand) -> Effect:
        link = case.link
        if link is None:
            self._wait_for_our_own(case, hand)
            return create(case, hand)
        if link.state == "pending":
            if link.origin != case.sides.source_side:
                raise TryAgain("pending", 2.0)  # its own create completes it
            return create(case, hand)
        if is_local(case, link):
            return stay(case, link)
        return update(case, link, hand)

    def _wait_for_our_own(self, case: Case, hand: Hand) -> None:
        """An item that carries the marker of a pending link is our own create, seen before its answer came."""
        if case.change.marker is None:
            return
        with hand.transaction() as conn:
            link = links.find_by_creation_key(conn, case.change.connection_id, case.change.marker)
        if link is not None and link.state == "pending":
            raise TryAgain("pending", 2.0)

    def _cannot_hold(self, case: Case, hand: Hand) -> Effect:
        link = case.link
        if link is not None and link.state == "pending":
            settle_pending(case, link, hand)

        def write(conn: Fenced) -> None:
            if link is not None and link.state == "live":
                links.set_state(conn, link.id, "suspended", case.content.findings[0].code)
            case.remember(conn)

        mails = [self._mail(case, finding) for finding in case.content.findings]
        code = case.content.findings[0].reason if case.content.findings else "refused"
        return Effect((case.outcome("refused", code=code), *mails), write)

    def _mail(self, case: Case, finding: Finding) -> Owed:
        return case.notification(
            finding.code, cause_of(case.change.native_id, finding), parameters=explanation(_paragraph(case))
        )

    def _rejected(self, case: Case, error: errors.Rejected | errors.NotPermitted) -> Effect:
        detail = error.detail if isinstance(error, errors.Rejected) else ""
        mail = case.notification(
            "write-refused", f"write-refused {case.change.event_id}", parameters=explanation(error.why)
        )
        return case.done(case.outcome("refused", code=error.code, detail=detail), mail)

    def _refused(self, case: Case, hand: Hand) -> None:
        """Tell the poller: it makes the one attempt that confirms, after a minute of nobody touching it (rule 8)."""
        connection = case.sides.connection
        resource = of_connection(connection.id)
        with hand.transaction() as conn:
            schedule.failed(
                conn, resource, connection.provider, code=errors.CredentialsRefused.code, next_in=CONFIRM_AFTER
            )

    def _delay(self, work: Work) -> float:
        return min(2.0**work.item.attempts, LONGEST_DELAY)

    def _case(self, work: Work, change: Change, content: ChangeContent, hand: Hand) -> Case:
        with hand.transaction() as conn:
            connection = connections.get(conn, change.connection_id)
            tenant = tenants.by_id(conn, connection.tenant_id)
            link = links.find(conn, connection.id, change.source_side, change.native_id)
            known = seen.get(conn, connection.id, change.source_system, change.native_id)
            polls = schedule.of(conn, of_connection(connection.id))
        if tenant is None:
            raise LookupError("a connection without its tenant")
        if any(poll.last_error_code == errors.CredentialsRefused.code for poll in polls):
            raise TryAgain(errors.CredentialsRefused.code, CONFIRM_AFTER)
        key = self._role.keyring.key_of(connection.id)
        details = details_of(key, connection)
        sides = Sides(
            connection=connection,
            tenant=tenant,
            details=details,
            policy=policy_of(tenant, details, self._role.settings.daily_series),
            key=key,
            source_side=change.source_side,
            source_system=change.source_system,
            target_system=self._target,
            open_calendar=lambda system: self._openings.open(system, tenant, connection, details),
            reader=self._openings.reader,
        )
        return Case(self._role, work, change, content, sides, link, known, datetime.now(UTC))

    def _erased(self, work: Work, change: Change) -> Owed:
        outcome = Outcome(
            event_id=trace.derived("outcome", change.event_id, "erased"),
            connection_id=change.connection_id,
            target=change.target,
            result="erased",
            at=datetime.now(UTC),
            change_id=change.event_id,
            change=work.item.position,
            raw=change.raw,
        )
        return packed(self._role, outcome, trace_id=work.trace_id)


def _paragraph(case: Case) -> str:
    found = crossing(case.appointment, case.change.target, case.sides.policy, case.change.observed_at)
    return "" if found is None else told(found, case.sides.connection.language)
