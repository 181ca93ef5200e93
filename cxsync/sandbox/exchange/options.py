"""The switches of the Exchange sandbox: what administrators set, and everything that rests on a guess."""

from typing import Literal

import msgspec

AuthKind = Literal["NTLM", "Basic"]
Release = Literal["2010_SP2", "2013_SP1", "2016", "2019"]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Set at start or through ``POST /exchange/options``; ``docs/sandbox-exchange.md`` says what each one rests on.

    Times in seconds unless the name says otherwise; 0 switches a limit off.
    """

    # What administrators of a real server decide.
    release: Release = "2016"
    auth: tuple[AuthKind, ...] = ("NTLM", "Basic")
    domain: str = "AGENCY"
    lockout_threshold: int = 5
    lockout_window: float = 900.0
    lockout_duration: float = 900.0
    password_days: int = 0
    max_concurrency: int = 27
    max_subscriptions: int = 20
    hanging_connections: int = 10
    find_count_limit: int = 1000
    budget_per_minute: int = 0
    back_off_milliseconds: int = 10_000
    impersonators: tuple[str, ...] = ()
    keep_alive_seconds: float = 45.0

    # What the documents leave open; the default is our guess.
    first_day_of_week: Literal["Sunday", "Monday"] = "Sunday"
    overlap: Literal["first", "second"] = "first"
    answer_times: Literal["utc", "context"] = "utc"
    auto_resolve: Literal["later", "refuse"] = "later"
    pattern_change: Literal["drop", "keep"] = "drop"
    range_change: Literal["drop", "keep"] = "keep"
    master_text_reaches_exceptions: bool = True
    response_replaces_item: bool = False
    move_changes_id: bool = True
    after_expiry: Literal["401", "fault"] = "401"
    new_password_ends_connections: bool = True
    concurrency_code: Literal["ErrorExceededConnectionCount", "ErrorServerBusy"] = "ErrorExceededConnectionCount"
    missing_change_key: Literal["ErrorChangeKeyRequired", "ErrorChangeKeyRequiredForWriteOperations"] = (
        "ErrorChangeKeyRequiredForWriteOperations"
    )
    view_with_restriction: Literal["ErrorInvalidOperation", "ErrorInvalidRequest"] = "ErrorInvalidOperation"
    off_rule_start: Literal["move", "keep"] = "move"
    find_refuses_body: bool = True
    rewrite_html: bool = True
