"""Errors in the form that Google's APIs give them (guide "Handle API errors")."""

from typing import Any

import msgspec

from cxsync.errors import CxSyncError


class ApiError(CxSyncError):
    """A request that is answered with an HTTP error; ``reason`` is what clients have to decide on."""

    code = "google-api-error"

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: str | None = None,
        location_type: str = "parameter",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.domain = domain
        self.location = location
        self.location_type = location_type
        self.headers = headers or {}

    def body(self) -> bytes:
        """The JSON body."""
        detail: dict[str, Any] = {"domain": self.domain, "reason": self.reason, "message": self.message}
        if self.location is not None:
            detail |= {"locationType": self.location_type, "location": self.location}
        return msgspec.json.encode({"error": {"errors": [detail], "code": self.status, "message": self.message}})


def invalid(message: str, location: str | None = None) -> ApiError:
    """400 ``invalid``: a value that can never be right."""
    return ApiError(400, "invalid", message, location=location)


def required(message: str) -> ApiError:
    """400 ``required``: something is missing."""
    return ApiError(400, "required", message)


def not_found() -> ApiError:
    """404: no such thing, or not for this user."""
    return ApiError(404, "notFound", "Not Found")


def gone() -> ApiError:
    """410 ``deleted``: was deleted before."""
    return ApiError(410, "deleted", "Resource has been deleted")


def token_expired() -> ApiError:
    """410 ``fullSyncRequired``: the sync token says nothing any more."""
    return ApiError(
        410,
        "fullSyncRequired",
        "Sync token is no longer valid, a full sync is required.",
        domain="calendar",
        location="syncToken",
    )


_REASONS = {
    "rateLimitExceeded": (403, "usageLimits", "Rate Limit Exceeded"),
    "userRateLimitExceeded": (403, "usageLimits", "User Rate Limit Exceeded"),
    "quotaExceeded": (403, "usageLimits", "Calendar usage limits exceeded."),
    "dailyLimitExceeded": (403, "usageLimits", "Daily Limit Exceeded"),
    "forbiddenForNonOrganizer": (
        403,
        "calendar",
        "Shared properties can only be changed by the organizer of the event.",
    ),
    "insufficientPermissions": (403, "global", "Insufficient Permission"),
    "forbidden": (403, "global", "Forbidden"),
    "authError": (401, "global", "Invalid Credentials"),
    "notFound": (404, "global", "Not Found"),
    "duplicate": (409, "global", "The requested identifier already exists."),
    "deleted": (410, "global", "Resource has been deleted"),
    "fullSyncRequired": (410, "calendar", "Sync token is no longer valid, a full sync is required."),
    "updatedMinTooLongAgo": (410, "calendar", "The requested minimum modification time lies too far in the past."),
    "conditionNotMet": (412, "global", "Precondition Failed"),
    "backendError": (503, "global", "Backend Error"),
    "internalError": (500, "global", "Internal Error"),
}


def by_reason(reason: str, status: int | None = None, retry_after: int | None = None) -> ApiError:
    """The error that Google gives for ``reason``, with another status if told (429 for rateLimitExceeded)."""
    usual, domain, message = _REASONS.get(reason, (400, "global", reason))
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return ApiError(usual if status is None else status, reason, message, domain=domain, headers=headers)
