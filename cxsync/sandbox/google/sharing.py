"""Access rules of calendars (resource Acl): who else may see or write one."""

from collections.abc import Mapping
from typing import Any

from cxsync.sandbox.google.calendars import Account, Calendar
from cxsync.sandbox.google.refusals import ApiError, invalid, not_found, required

ROLES = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")
PREFIX = "user:"


class Sharing:
    """acl.list, acl.insert and acl.delete, for rules that name a user. Every change ends the calendar's sync tokens."""

    def list(self, account: Account, calendar: Calendar) -> dict[str, Any]:
        """All rules, the owner's own among them."""
        _check_owner(account, calendar)
        rules = {calendar.owner: "owner", **calendar.shared}
        items = [_rule(email, role) for email, role in rules.items()]
        return {"kind": "calendar#acl", "etag": f'"p{calendar.access_changes}a"', "items": items}

    def insert(self, account: Account, calendar: Calendar, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give somebody a role, or another one than before."""
        _check_owner(account, calendar)
        scope, role = body.get("scope") or {}, body.get("role")
        if not role or not scope.get("type"):
            raise required("Missing role or scope.")
        email = str(scope.get("value", "")).lower()
        if scope["type"] != "user" or not email or role not in ROLES:
            raise invalid("Invalid scope or role; the sandbox knows rules for users.")
        calendar.shared.pop(email, None)
        if role != "none":
            calendar.shared[email] = role
        calendar.access_changes += 1
        return _rule(email, role)

    def delete(self, account: Account, calendar: Calendar, name: str) -> None:
        """Take the role away."""
        _check_owner(account, calendar)
        email = name.removeprefix(PREFIX)
        if not name.startswith(PREFIX) or email not in calendar.shared:
            raise not_found()
        del calendar.shared[email]
        calendar.access_changes += 1


def _check_owner(account: Account, calendar: Calendar) -> None:
    if calendar.role(account.email) != "owner":
        raise ApiError(403, "forbidden", "Forbidden")


def _rule(email: str, role: str) -> dict[str, Any]:
    return {
        "kind": "calendar#aclRule",
        "etag": f'"{email} {role}"',
        "id": PREFIX + email,
        "scope": {"type": "user", "value": email},
        "role": role,
    }
