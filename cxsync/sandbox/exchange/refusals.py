"""Errors on demand, in the form in which Exchange reports each of them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from cxsync.sandbox.exchange.soap import (
    CONTENT_TYPE,
    Build,
    ResponseError,
    SoapFault,
    busy_fault,
    envelope,
    failure,
    fault,
    response,
)

# Errors that end the whole request; all others belong to a response message.
WHOLE = frozenset(
    (
        "ErrorServerBusy",
        "ErrorSchemaValidation",
        "ErrorInvalidServerVersion",
        "ErrorPasswordExpired",
        "ErrorPasswordChangeRequired",
        "ErrorImpersonateUserDenied",
        "ErrorExceededConnectionCount",
        "ErrorInternalServerError",
        "ErrorInternalServerTransientError",
        "ErrorInvalidRequest",
        "ErrorTimeoutExpired",
        "ErrorAccountDisabled",
    )
)
_EXTRA = {
    "SyncFolderItems": "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange><m:Changes/>",
    "SyncFolderHierarchy": (
        "<m:SyncState/><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange><m:Changes/>"
    ),
}


def message(operation: str, error: ResponseError) -> str:
    """One response message for ``error``, with what the schema demands of that operation."""
    return failure(operation, error, _EXTRA.get(operation, ""))


def refusal(operation: str, params: Mapping[str, Any], build: Build) -> web.Response:
    """``params``: ``reason`` the code, ``text``, ``back_off`` in milliseconds, ``as`` "fault" or "response"."""
    code = str(params.get("reason", "ErrorInternalServerError"))
    text = str(params.get("text", "An error occurred on demand."))
    form = str(params.get("as", "fault" if code in WHOLE else "response"))
    headers = {"Content-Type": CONTENT_TYPE}
    if form == "response":
        body = response(operation, [message(operation, ResponseError(code, text))])
        return web.Response(body=envelope(build, body), headers=headers)
    busy = code == "ErrorServerBusy"
    error = busy_fault(int(params.get("back_off", 10_000))) if busy else SoapFault(code, text)
    return web.Response(status=500, body=fault(error), headers=headers)
