"""Activation: from a Carerix user and what he signs in with to a connection whose baseline stands (rules 8, 11 to 13).

Nothing is written to any calendar, but for the probe of the API's zone when the first user of a tenant is connected:
it stands in the API client's own agenda for a moment.

The order is what loses no edit. The connection is made while the tenant's lease is held, so every poll of Carerix
before was finished before, and every one after publishes for it. Only then is the user's agenda read, and noted under
a time that was taken before: an edit after the reading is a newer observation. The external calendar has a cursor of
its own, taken with its listing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import available_timezones

from msgspec import Struct

from cxsync.account import Details, seal_details
from cxsync.activate.baseline import Baseline, Noted, Notes, pages
from cxsync.activate.errors import MailboxTaken, Superseded, UserTaken, UserUnknown, ZoneDisagrees
from cxsync.activate.ground import Ground, turn
from cxsync.activate.pairing import Pair, creation_key, pairs
from cxsync.activate.patience import PatientCarerix
from cxsync.activate.sign_in import Opened, SignIn, details
from cxsync.appointment.fingerprint import fingerprint
from cxsync.calendars.carerix.client import CarerixCalendar
from cxsync.calendars.carerix.users import User
from cxsync.calendars.carerix.zone_probe import probe_zone
from cxsync.calendars.port import Read
from cxsync.merge import base as bases
from cxsync.policy import policy_of
from cxsync.sealed import seal_value
from cxsync.store import connections, cursors, keys, lease, links, schedule, seen
from cxsync.store.connections import Connection, MailboxConnected, NewConnection, Provider, State, UserConnected
from cxsync.store.database import Transaction
from cxsync.store.lease import Fenced, Hand, of_connection, of_tenant
from cxsync.store.links import Observed
from cxsync.store.seen import Seen
from cxsync.store.tenants import Tenant
from schemas.keys import key_id, new_key
from schemas.sealing import digest

BASE: Final = "base"
"""What the base of a link is sealed as; the sinks open it under the same name."""
ABANDONED: Final = timedelta(minutes=2)
"""Age from which a connection that is new, and that nobody holds, was left by a process that died."""
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNFINISHED: Final[tuple[State, ...]] = ("new",)


class Applicant(Struct, frozen=True, kw_only=True):
    """Who is to be connected. ``email`` and ``language`` None: those that Carerix knows of the user."""

    tenant: Tenant
    carerix_user: str
    email: str | None = None
    language: str | None = None


class Activated(Struct, frozen=True, kw_only=True):
    """How many items each side had, and how many of them were found to be one appointment already."""

    connection_id: UUID
    carerix: int
    external: int
    paired: int


class _Made(Struct, frozen=True):
    """The connection as it was just made, state ``new``; ``since`` is T0 by the database's clock."""

    id: UUID
    key: bytes
    details: Details
    provider: str
    since: datetime


def activate(ground: Ground, applicant: Applicant, sign_in: SignIn) -> Activated:
    """Check both sides, make the connection, note what there is, pair twins, set it to work.

    Raises:
        UserUnknown, UserTaken, MailboxTaken, ZoneDisagrees, Occupied: see there.
        CalendarError: what one of the servers says; the password was tried once at most.
        EndpointUnreadable, EndpointRefused: where the server is said to be.
    """
    _check_free(ground, applicant)
    carerix = PatientCarerix(ground.opener.carerix(applicant.tenant))
    try:
        user = _user(carerix, applicant)
        _check_zone(ground, carerix, applicant.tenant)
        connection_id = uuid4()
        zone = _zone(user, applicant.tenant)
        opened = sign_in.open(ground.opener, zone, connection_id)
        try:
            _free_mailbox(ground, sign_in.provider, opened.mailbox)
            about = details(
                sign_in, email=applicant.email or user.email or "", name=user.name or user.user_name, zone=zone
            )
            made = _make(ground, carerix, applicant, sign_in, opened.mailbox, about, user, connection_id)
            try:
                return _begin(ground, carerix, applicant, opened, made)
            except BaseException:
                _unmake(ground, connection_id)
                raise
        finally:
            opened.calendar.close()
    finally:
        carerix.close()


def _check_free(ground: Ground, applicant: Applicant) -> None:
    """Before any password is used."""
    with ground.database.transaction() as conn:
        found = connections.of_user(conn, applicant.tenant.id, applicant.carerix_user)
        if found is None:
            return
        if not _is_abandoned(conn, found):
            raise UserTaken(applicant.carerix_user, found.id, found.state)
    _unmake(ground, found.id)


def _free_mailbox(ground: Ground, provider: Provider, mailbox: str) -> None:
    """A process that died while it made a connection for somebody else does not keep the calendar."""
    with ground.database.transaction() as conn:
        same = [each for each in connections.find(conn) if (each.provider, each.mailbox) == (provider, mailbox)]
        abandoned = [each.id for each in same if _is_abandoned(conn, each)]
    for connection_id in abandoned:
        _unmake(ground, connection_id)


def _is_abandoned(conn: Transaction, found: Connection) -> bool:
    """Half made, and nobody is at it."""
    if found.state != "new" or lease.holder_of(conn, of_connection(found.id)) is not None:
        return False
    return _clock(conn) - found.created_at > ABANDONED


def _user(carerix: CarerixCalendar, applicant: Applicant) -> User:
    tenant, number = applicant.tenant.name, applicant.carerix_user
    if not (number.isascii() and number.isdigit()):
        raise UserUnknown(tenant, number, "is no userID")
    user = carerix.user(int(number))
    if user is None or user.deleted:
        raise UserUnknown(tenant, number, "Carerix has no such user")
    if not user.active:
        raise UserUnknown(tenant, number, "the user is not active in Carerix")
    return user


def _check_zone(ground: Ground, carerix: CarerixCalendar, tenant: Tenant) -> None:
    """Once a tenant: the probe is a row in the API client's own agenda, so it is not made for every user."""
    if not _is_first(ground, tenant):
        return
    probe = probe_zone(carerix.gateway, carerix.settings)
    if not probe.agrees:
        minutes = round(probe.offset.total_seconds() / 60)
        sign = "-" if minutes < 0 else "+"
        printed = f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
        raise ZoneDisagrees(tenant.name, tenant.api_timezone, printed)


def _is_first(ground: Ground, tenant: Tenant) -> bool:
    with ground.database.transaction() as conn:
        known = connections.find(conn, tenant_id=tenant.id, removed=True)
    return all(connection.activated_at is None for connection in known)


def _zone(user: User, tenant: Tenant) -> str:
    return user.time_zone if user.time_zone in available_timezones() else tenant.system_timezone


def _language(applicant: Applicant, user: User) -> str:
    if applicant.language:
        return applicant.language
    return "nl" if (user.language or "").lower().startswith(("nl", "dut", "ned")) else "en"


def _make(
    ground: Ground,
    carerix: CarerixCalendar,
    applicant: Applicant,
    sign_in: SignIn,
    mailbox: str,
    about: Details,
    user: User,
    connection_id: UUID,
) -> _Made:
    """The connection with its key, details and credentials, in one transaction, between two polls of the tenant."""
    tenant, key = applicant.tenant, new_key()
    wrapped = ground.encryption_keys.wrap(connection_id, key)
    credentials = ground.credential_keys.wrap(connection_id, sign_in.secret.encode())
    first = _is_first(ground, tenant)
    with turn(ground, of_tenant(tenant.id)) as hand:
        if first:
            _begin_tenant(hand, carerix, tenant)
        with hand.transaction() as conn:
            try:
                connections.create(
                    conn,
                    NewConnection(
                        id=connection_id,
                        tenant_id=tenant.id,
                        carerix_user=applicant.carerix_user,
                        provider=sign_in.provider,
                        mailbox=mailbox,
                        server=sign_in.server(ground.settings),
                        language=_language(applicant, user),
                        credentials=credentials,
                        credential_key_id=key_id(credentials),
                        details=seal_details(key, connection_id, about),
                    ),
                )
            except MailboxConnected as error:
                raise MailboxTaken from error
            except UserConnected as error:
                raise UserTaken(applicant.carerix_user, connection_id, "being made") from error
            keys.put(conn, connection_id, wrapped, key_id(wrapped))
            connections.credentials_worked(conn, connection_id)
            since = _clock(conn)
    return _Made(connection_id, key, about, sign_in.provider, since)


def _begin_tenant(hand: Hand, carerix: CarerixCalendar, tenant: Tenant) -> None:
    """The first user of a tenant: its cursor is set to now, so that nobody's old rows come as changes."""
    resource = of_tenant(tenant.id)
    with hand.transaction() as conn:
        cursor = cursors.get(conn, resource, "carerix")
    if cursor is not None and cursor.value is not None:
        return
    value = carerix.present()
    with hand.transaction() as conn:
        cursors.next_observed_at(conn, resource, "carerix")
        cursors.move(conn, resource, "carerix", value)


def _begin(ground: Ground, carerix: CarerixCalendar, applicant: Applicant, opened: Opened, made: _Made) -> Activated:
    tenant, system = applicant.tenant, opened.calendar.system
    policy = policy_of(tenant, made.details, ground.settings.daily_series)
    now = datetime.now(UTC)
    with turn(ground, of_connection(made.id)) as hand:
        agenda = Notes(ground.opener.reader("carerix"), policy, made.key, now)
        agenda.take(carerix.agenda(applicant.carerix_user, EVER))
        outside = Notes(ground.opener.reader(system), policy, made.key, now)
        cursor = b""
        for page in pages(opened.calendar, opened.listing):
            hand.check()
            outside.take(page.found)
            cursor = page.cursor
        with hand.transaction() as conn:
            former = _former(conn, applicant)
        twins = pairs(
            agenda.baseline.current,
            outside.baseline.current,
            external_system=system,
            connections=(made.id, *former),
            links=_known_links(ground, former, [*agenda.baseline.current, *outside.baseline.current]),
        )
        with hand.transaction() as conn:
            _note(conn, made, "carerix", agenda.baseline, made.since)
            observed_at = cursors.next_observed_at(conn, of_connection(made.id), system)
            _note(conn, made, system, outside.baseline, observed_at)
            for twin in twins:
                _pair(conn, made, twin)
            cursors.move(conn, of_connection(made.id), system, cursor)
            if not connections.set_state(conn, made.id, "active", expected=_UNFINISHED):
                raise Superseded(made.id)
            schedule.hasten(conn, of_connection(made.id))
    return Activated(
        connection_id=made.id,
        carerix=len(agenda.baseline.noted),
        external=len(outside.baseline.noted),
        paired=len(twins),
    )


def _note(conn: Fenced, made: _Made, system: str, baseline: Baseline, observed_at: datetime) -> None:
    def row(noted: Noted) -> Seen:
        return Seen(made.id, system, noted.native_id, noted.fingerprint, noted.version, observed_at)

    seen.record(conn, list({noted.native_id: row(noted) for noted in baseline.noted}.values()))


def _pair(conn: Fenced, made: _Made, pair: Pair) -> None:
    link_id = uuid4()
    source = pair.carerix if pair.origin == "carerix" else pair.external
    links.pair(
        conn,
        link_id=link_id,
        connection_id=made.id,
        creation_key=creation_key(made.id, pair.origin, source.native_id, 0),
        generation=0,
        origin=pair.origin,
        carerix_id=pair.carerix.native_id,
        external_id=pair.external.native_id,
        base=seal_value(made.key, link_id, BASE, bases.pack(pair.base)),
        carerix=_observed(made.key, pair.carerix),
        external=_observed(made.key, pair.external),
    )


def _observed(key: bytes, read: Read) -> Observed:
    return Observed(read.version, digest(key, fingerprint(read.appointment)))


def _former(conn: Transaction, applicant: Applicant) -> tuple[UUID, ...]:
    """The user's connections from before, under which copies may have been created."""
    known = connections.find(conn, tenant_id=applicant.tenant.id, removed=True)
    return tuple(each.id for each in known if _is_former(each, applicant))


def _is_former(connection: Connection, applicant: Applicant) -> bool:
    return connection.carerix_user == applicant.carerix_user and connection.state in ("removed", "ended")


def _known_links(ground: Ground, former: tuple[UUID, ...], items: list[Read]) -> Mapping[UUID, tuple[str, str]]:
    """What the links of those connections say of the markers that items carry."""
    found: dict[UUID, tuple[str, str]] = {}
    markers = {item.marker for item in items if item.marker is not None}
    with ground.database.transaction() as conn:
        for connection_id in former:
            for marker in markers - found.keys():
                link = links.find_by_creation_key(conn, connection_id, marker)
                if link is not None and link.carerix_id is not None and link.external_id is not None:
                    found[marker] = (link.carerix_id, link.external_id)
    return found


def _unmake(ground: Ground, connection_id: UUID) -> None:
    """Leave nothing: no credentials, no key, the user and the mailbox free."""
    with ground.database.transaction() as conn:
        connections.set_state(conn, connection_id, "removed", reason="not-activated")
        keys.destroy(conn, connection_id)
        schedule.remove(conn, of_connection(connection_id))


def _clock(conn: Transaction) -> datetime:
    now: datetime = conn.execute("SELECT clock_timestamp() AS now").fetchall()[0]["now"]
    return now
