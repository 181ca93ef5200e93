"""From the body of a write to what is kept: merging, checking, and dropping what equals the default."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from cxsync.sandbox.google import moments
from cxsync.sandbox.google.event import Data
from cxsync.sandbox.google.expansion import SubDaily
from cxsync.sandbox.google.options import Options
from cxsync.sandbox.google.refusals import ApiError, invalid, required
from cxsync.sandbox.google.series import plan_of

Mode = Literal["insert", "import", "update", "patch"]
TYPES = {"default", "outOfOffice", "focusTime", "workingLocation", "birthday", "fromGmail"}
WRITABLE = (
    "summary",
    "description",
    "location",
    "start",
    "end",
    "recurrence",
    "status",
    "transparency",
    "visibility",
    "colorId",
    "eventLabelId",
    "reminders",
    "attendees",
    "extendedProperties",
    "source",
    "attachments",
    "conferenceData",
    "guestsCanInviteOthers",
    "guestsCanModify",
    "guestsCanSeeOtherGuests",
    "anyoneCanAddSelf",
    "sequence",
    "endTimeUnspecified",
    "gadget",
    "attendeesOmitted",
    "outOfOfficeProperties",
    "focusTimeProperties",
    "workingLocationProperties",
    "birthdayProperties",
)
_DEFAULTS: Mapping[str, Any] = {
    "transparency": "opaque",
    "visibility": "default",
    "guestsCanInviteOthers": True,
    "guestsCanModify": False,
    "guestsCanSeeOtherGuests": True,
    "anyoneCanAddSelf": False,
    "endTimeUnspecified": False,
    "attendeesOmitted": False,
}
_ID = re.compile(r"^[0-9a-v]{5,1024}$")
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
KEY_LENGTH, VALUE_LENGTH, PROPERTIES, PROPERTY_BYTES = 44, 1024, 300, 32 * 1024
OVERRIDES, LATEST_REMINDER, ATTACHMENTS = 5, 40_320, 25


def check_new_id(name: str) -> None:
    """400 for an id outside base32hex; the answer names neither field nor rule."""
    if not _ID.match(name):
        raise invalid("Invalid resource id value.")


def merged(old: Data, body: Mapping[str, Any], mode: Mode, params: Mapping[str, Any]) -> Data:
    """``old`` (immutable fields only, or the whole event when patching) with the writable fields of ``body``."""
    given = {key: body[key] for key in WRITABLE if key in body}
    if params.get("conferenceDataVersion", 0) < 1:
        given.pop("conferenceData", None)
    if not params.get("supportsAttachments", False):
        given.pop("attachments", None)
    if mode == "patch":
        return {**old, **{key: _patched(old.get(key), value) for key, value in given.items()}}
    kept = {key: value for key, value in old.items() if key not in WRITABLE}
    for key, switch in (("conferenceData", "conferenceDataVersion"), ("attachments", "supportsAttachments")):
        if key in old and not params.get(switch):
            kept[key] = old[key]
    return {**kept, **given}


def _patched(old: Any, new: Any) -> Any:
    """JSON merge patch (RFC 7396): objects field by field, lists whole."""
    if not isinstance(new, dict):
        return new
    base = old if isinstance(old, dict) else {}
    result = {**base, **{key: _patched(base.get(key), value) for key, value in new.items()}}
    return {key: value for key, value in result.items() if value is not None}


def checked(data: Data, old: Data | None, calendar_zone: str, options: Options) -> Data:
    """``data`` in the form in which it is kept; refuses with 400 what the documentation excludes."""
    result = {key: value for key, value in data.items() if value is not None and value not in ("", [], {})}
    result = {key: value for key, value in result.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}
    _times(result, data, calendar_zone, options)
    _words(result, old)
    if "attendees" in result:
        result["attendees"] = [_guest(row) for row in result["attendees"]]
    result["reminders"] = _reminders(result.get("reminders"))
    if "extendedProperties" in result:
        properties = _properties(result.pop("extendedProperties"))
        if properties:
            result["extendedProperties"] = properties
    if len(result.get("attachments", ())) > ATTACHMENTS:
        raise invalid("Too many attachments.")
    return result


def _times(result: Data, given: Data, calendar_zone: str, options: Options) -> None:
    recurring = bool(result.get("recurrence"))
    for which in ("start", "end"):
        if not isinstance(given.get(which), dict):
            raise required(f"Missing {which} time.")
        result[which] = moments.keep(given[which], which, calendar_zone, recurring=recurring)
    start, end = result["start"], result["end"]
    if moments.is_day(start) != moments.is_day(end):
        raise invalid("Start and end times must either both be date or both be dateTime.")
    span = moments.length(start, end).total_seconds()
    if span < 0 or (span == 0 and moments.is_day(start)):
        raise ApiError(400, "timeRangeEmpty", "The specified time range is empty.", domain="calendar")
    if not recurring:
        return
    if any(line.upper().startswith("EXRULE") for line in result["recurrence"]) and not options.exrule_accepted:
        raise invalid("Invalid recurrence rule.")
    try:
        plan_of(result)
    except SubDaily:
        if options.hourly_status == 500:
            raise ApiError(500, "backendError", "Backend Error") from None
        raise


def _words(result: Data, old: Data | None) -> None:
    result.setdefault("status", "confirmed")
    for field, allowed in (
        ("status", {"confirmed", "tentative", "cancelled"}),
        ("transparency", {"opaque", "transparent"}),
        ("visibility", {"default", "public", "private", "confidential"}),
        ("eventType", TYPES),
    ):
        if field in result and result[field] not in allowed:
            raise invalid(f"Invalid value for: {field} cannot be {result[field]!r}")
    if "colorId" in result and result["colorId"] not in {str(number) for number in range(1, 12)}:
        raise invalid("Invalid value for: colorId")
    before: int = 0 if old is None else old.get("sequence", 0)
    sequence: int = result.setdefault("sequence", before)
    if sequence < before:
        raise invalid(
            "Invalid sequence value. The specified sequence number is below the current sequence number of the "
            "resource. Re-fetch the resource and use its sequence number on the following request."
        )


def _guest(row: Mapping[str, Any]) -> dict[str, Any]:
    email = row.get("email")
    if not email or not _EMAIL.match(email):
        raise invalid("Invalid attendee email.")
    status = row.get("responseStatus", "needsAction")
    if status not in ("needsAction", "declined", "tentative", "accepted"):
        raise invalid("Invalid value for: attendees.responseStatus")
    kept = {
        key: row[key] for key in ("displayName", "optional", "resource", "comment", "additionalGuests") if row.get(key)
    }
    return {"email": email.lower(), **kept, "responseStatus": status}


def _reminders(given: Mapping[str, Any] | None) -> dict[str, Any]:
    if given is None:
        return {"useDefault": True}
    overrides = given.get("overrides") or []
    if given.get("useDefault", False):
        if overrides:
            raise ApiError(
                400,
                "cannotUseDefaultRemindersAndSpecifyOverride",
                "Cannot specify both default reminders and overrides at the same time.",
                domain="calendar",
            )
        return {"useDefault": True}
    if len(overrides) > OVERRIDES:
        raise invalid("Too many override reminders.")
    for row in overrides:
        if row.get("method") not in ("email", "popup") or not 0 <= row.get("minutes", -1) <= LATEST_REMINDER:
            raise invalid("Invalid reminder.")
    return {"useDefault": False, **({"overrides": overrides} if overrides else {})}


def _properties(given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Guide "Extended properties": long keys are dropped and long values cut without a word."""
    kept = {
        kind: {
            key: value[:VALUE_LENGTH]
            for key, value in given[kind].items()
            if value is not None and len(key) <= KEY_LENGTH
        }
        for kind in ("private", "shared")
        if given.get(kind)
    }
    pairs = [pair for each in kept.values() for pair in each.items()]
    if len(pairs) > PROPERTIES or sum(len(k.encode()) + len(v.encode()) for k, v in pairs) > PROPERTY_BYTES:
        raise invalid("Extended properties exceed the limits of an event.")
    return {kind: each for kind, each in kept.items() if each}
