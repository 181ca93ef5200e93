"""Carerix users: who they are, for activation and mails."""

from typing import Final

import msgspec

from cxsync.calendars.carerix import qualifier
from cxsync.calendars.carerix.documents import USERS
from cxsync.calendars.carerix.gateway import Gateway
from cxsync.calendars.carerix.listing import first_page
from cxsync.calendars.carerix.refusals import SYSTEM
from cxsync.calendars.errors import Unavailable

USER_NUMBER: Final = "userID"


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    id: str = msgspec.field(name="_id")
    user_id: int = msgspec.field(name="userID")
    user_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    time_zone_name: str | None = None
    is_active: int | bool | None = None
    deleted: int | bool | None = None
    language: str | None = None


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user. ``time_zone`` (IANA) and ``language`` are None where the tenant's hold."""

    id: str
    user_id: int
    user_name: str
    name: str
    email: str | None
    time_zone: str | None
    language: str | None
    active: bool
    deleted: bool


def get_user(gateway: Gateway, user_id: int) -> User | None:
    """The user with this ``userID``; None if there is none, or none that is shown."""
    answer = first_page(gateway, USERS, qualifier.user(user_id), USER_NUMBER)
    found = [_user(bytes(raw)) for raw in answer.items]
    return next((each for each in found if each.user_id == user_id), None)


def list_users(gateway: Gateway) -> tuple[User, ...]:
    """All users, by their numbers."""
    found: list[User] = []
    while True:
        above = found[-1].user_id if found else -1
        answer = first_page(gateway, USERS, qualifier.users_above(above), USER_NUMBER)
        page = [_user(bytes(raw)) for raw in answer.items]
        numbers = [above, *(each.user_id for each in page)]
        if numbers != sorted(set(numbers)):
            raise Unavailable(SYSTEM, USERS.name, f"users do not come by {USER_NUMBER}")
        found += page
        if answer.total_elements == len(page):
            return tuple(found)


def _user(body: bytes) -> User:
    try:
        row = msgspec.json.decode(body, type=_Row)
    except msgspec.DecodeError as error:
        raise Unavailable(SYSTEM, USERS.name, f"a row is no CRUser: {error}") from None
    return User(
        id=row.id,
        user_id=row.user_id,
        user_name=row.user_name or "",
        name=" ".join(part for part in (row.first_name, row.last_name) if part),
        email=row.email_address or None,
        time_zone=row.time_zone_name or None,
        language=row.language or None,
        active=bool(row.is_active),
        deleted=bool(row.deleted),
    )
