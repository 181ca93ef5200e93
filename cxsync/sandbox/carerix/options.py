"""Every guess about Carerix, once: what a real tenant may do differently is a field here or of the tenant.

The numbers are those of the wire contract. What differs from tenant to tenant by design (zones, week start, short
months) is in :class:`cxsync.sandbox.carerix.tenant.TenantSettings`; everything else in :class:`Options`.
"""

from typing import Annotated, Literal

import msgspec

from cxsync.sandbox.core.refusal import BadInput

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]

MANAGE_SCOPE = "urn:cx/cx5Wrapper:data:manage"
APPOINTMENT = 1  # toDoTypeKey of an appointment
MAX_BODY_BYTES = 10 * 1024 * 1024  # carerix.md 3.5
LAST_WEEK = 5  # A11: ordinal 5 of a relative month day means the last


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Switches of the whole server, settable at start and while it runs."""

    max_page_size: Positive = 100
    """A1: the largest ``size`` of a page."""
    default_page_size: Positive = 20
    """The size of a page that names none; must not exceed ``max_page_size``."""
    oversized_page: Literal["refuse", "clamp"] = "refuse"
    """A1: what a larger ``size`` gets: HTTP 400, or the largest page."""
    unknown_id: Literal["null", "error"] = "null"
    """A2, A18: null without an error, or null with an error, for an id that names no row."""
    get_deleted: bool = True
    """A2: whether ``crToDo(_id)`` still answers a soft-deleted row."""
    delete: Literal["soft", "hard"] = "soft"
    """A4: whether a deletion keeps the row with ``deleted = 1``, or removes it without a trace."""
    delete_touches: bool = True
    """A4: whether a soft deletion renews ``modificationDate``."""
    flags: Literal["number", "boolean"] = "number"
    """A5: 0/1 or false/true for flags, in both directions."""
    weekdays: Literal["sunday-0", "sunday-1", "monday-1"] = "sunday-0"
    """A10: whether weekdays run from Sunday = 0, Sunday = 1 or Monday = 1; inside they always run from Sunday = 0."""
    date_form: Literal["T", "fraction", "space", "Z", "offset"] = "T"
    """A6: how a point in time is printed."""
    date_input: Literal["strict", "lenient"] = "strict"
    """A6: whether input must have the printed form, or any form that A6 lists."""
    qualifier_zone: Literal["system", "api"] = "system"
    """The zone of a date literal that names none."""
    max_rate: Positive = 99
    """A13: the largest ``recurrenceRate``."""
    nulls: Literal["last", "first"] = "last"
    """A17: where rows without a value stand in a sorted list."""
    creation_stamps: bool = False
    """A17: whether a creation sets ``modificationDate`` too."""
    modified_by_at_creation: bool = True
    """A17: whether a creation sets ``modifiedBy``."""
    idle_update_touches: bool = True
    """Whether an update that changes no value renews ``modificationDate`` and ``modifiedBy``."""
    update_restores: bool = False
    """A18: whether an update of a deleted row restores it."""
    rule_errors: Literal["ok", "bad-request"] = "ok"
    """A18: HTTP 200 with ``errors``, or HTTP 400, for a broken rule."""
    long_text: Literal["refuse", "cut"] = "refuse"
    """A18: what happens to text beyond its width."""
    empty_text: Literal["kept", "null"] = "kept"
    """Whether an empty text is stored as such, or as null."""
    check_pattern: bool = True
    """A19: whether the first occurrence must stand on its own pattern."""
    check_midnight: bool = True
    """A19: whether expiry and all-day dates must be midnight in the tenant's zone."""
    restore: bool = True
    """A21: whether ``deleted`` may be written as 0 by the interface."""
    user_name_claim: str = "preferred_username"
    """A20: the claim that equals ``CRUser.userName``."""
    rate_limit: Count = 10
    """Requests a second and tenant; 0 lifts the limit."""
    retry_after: Count = 1
    """Seconds in ``Retry-After`` of a 429; 0 leaves the header out."""
    token_lifetime: Positive = 300
    """Seconds an access token lives."""
    code_lifetime: Positive = 60
    """Seconds an authorisation code lives."""
    sign_in_lifetime: Positive = 36000
    """Seconds a browser stays signed in."""
    pkce: Literal["required", "optional"] = "required"
    """A20: whether an authorisation request without S256 challenge is refused."""
    introspection: bool = True
    """Whether ``__schema`` and ``__type`` are answered."""
    connect_url: str = "http://127.0.0.1:8080/connect"
    """What the document CxCalendarSync opens; ``?tenant=T`` is added."""


def checked(options: Options) -> Options:
    """The same options; raises BadInput if two of them exclude each other."""
    if options.default_page_size > options.max_page_size:
        expected = f"at most max_page_size = {options.max_page_size}"
        raise BadInput("default_page_size", options.default_page_size, expected)
    return options
