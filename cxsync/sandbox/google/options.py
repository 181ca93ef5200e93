"""What a real project's set-up decides, and every behaviour of this server that rests on a guess."""

from typing import Literal

import msgspec

SCOPE = "https://www.googleapis.com/auth/"


class Options(msgspec.Struct, kw_only=True):
    """Switches of the Google server; ``docs/sandbox-google.md`` says which are guesses and why."""

    # The OAuth client, as set up in Google's console.
    client_id: str = "sandbox.apps.googleusercontent.com"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - known on purpose
    redirect_uris: list[str] = []
    """Exact addresses; empty: any http address of this machine."""
    publishing: Literal["production", "testing"] = "production"
    """``testing``: refresh tokens live seven days."""
    pkce_required: bool = True
    access_token_seconds: int = 3599
    refresh_tokens_an_account: int = 100
    granted_scopes: list[str] = msgspec.field(
        default_factory=lambda: [f"{SCOPE}calendar.events", f"{SCOPE}calendar.calendarlist.readonly"]
    )
    """Scopes of the refresh token that each user has from the start."""
    password_change_revokes: bool = False

    # Quotas; 0 switches one off.
    user_per_minute: int = 600
    project_per_minute: int = 10_000
    quota_status: Literal[403, 429] = 403
    creations_an_account: int = 0
    batch_limit: int = 50

    # Synchronisation.
    token_generation: int = 1
    """Raising it expires every sync token given before."""
    malformed_token: Literal[400, 410] = 410
    changed_query: Literal[400, 410, 200] = 400
    """Answer to a sync token used with another query than it came from; 200: the new query is followed."""
    windowed_sync_filters: bool = False
    """Whether increments keep to the time window of the initial list."""
    empty_last_page: bool = False
    """An extra page without rows carries the token of every list that was longer than one page."""
    updated_min_days: int = 30
    tombstone_days: int = 0
    """Deleted events vanish after so many days, and with them older sync tokens; 0: never."""
    orphans: Literal["cancelled", "silent"] = "cancelled"
    """How exceptions that a changed rule leaves behind are reported."""

    # Writing.
    etags_may_repeat: bool = False
    reminders_move_etag: bool = False
    reminders_in_sync: bool = True
    noop_moves_etag: bool = False
    exceptions_inherit: bool = True
    """A changed field of a series reaches exceptions that had the old value."""
    restore_by_status: bool = True
    hourly_status: Literal[400, 500] = 500
    exrule_accepted: bool = True
    date_exdate_drops_day: bool = False
    instance_cap: int = 730
    split_instance_ids: Literal["drop", "keep"] = "keep"
    """Whether instance ids after a split leave out the ``_R…`` part; an id can then change its meaning."""
    repeated_import: Literal["update", "duplicate"] = "update"
    move_answers_cancelled: bool = True

    # Guests and mail.
    delete_none_leaves_copies: bool = True
    none_still_mails: bool = False

    # Push.
    https_only: bool = False
    default_ttl: int = 604_800
    lose_messages: float = 0.0
