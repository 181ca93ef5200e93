"""Qualifiers, made of nothing but integers, dates and UUIDs that are formatted here."""

from datetime import datetime
from uuid import UUID

from cxsync.calendars.carerix.assumptions import APPOINTMENT, MARKER, ROW_NUMBER
from cxsync.calendars.carerix.times import literal

APPOINTMENTS = f"toDoTypeKey = {APPOINTMENT}"


def changed_since(modified: datetime, created: datetime) -> str:
    """Rows changed at ``modified`` or later, and rows never changed that were made at ``created`` or later (A17)."""
    never = f"modificationDate = nil AND creationDate >= {literal(created)}"
    return f"{APPOINTMENTS} AND (modificationDate >= {literal(modified)} OR ({never}))"


def modified_since(at: datetime) -> str:
    """Rows changed at ``at`` or later."""
    return f"{APPOINTMENTS} AND modificationDate >= {literal(at)}"


def created_since(at: datetime) -> str:
    """Rows never changed that were made at ``at`` or later."""
    return f"{APPOINTMENTS} AND modificationDate = nil AND creationDate >= {literal(at)}"


def before(qualifier: str, key: str, at: datetime) -> str:
    """The same, with the date ``key`` before ``at``."""
    return f"{qualifier} AND {key} < {literal(at)}"


def above(qualifier: str, number: int) -> str:
    """The same, of rows with a higher number."""
    return f"{qualifier} AND {ROW_NUMBER} > {number:d}"


def marked(marker: UUID) -> str:
    """The row that carries a creation key."""
    return f'{APPOINTMENTS} AND {MARKER} = "{marker}"'


def agenda(user_id: int, not_over: datetime) -> str:
    """A user's appointments that end at ``not_over`` or later, and all series."""
    return f"{APPOINTMENTS} AND owner.userID = {user_id:d} AND (endDate >= {literal(not_over)} OR recurrence = 1)"


def user(user_id: int) -> str:
    """The user with this number."""
    return f"userID = {user_id:d}"


def users_above(user_id: int) -> str:
    """Users with a higher number."""
    return f"userID > {user_id:d}"
