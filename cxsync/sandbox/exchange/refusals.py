"""Errors on demand, in the form in which Exchange reports each of them."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from lxml import etree

from cxsync.sandbox.exchange.soap import (
    CONTENT_TYPE,
    Build,
    M,
    ResponseError,
    SoapFault,
    batch,
    busy_fault,
    children,
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
    "SyncFolderItems": "<m:SyncState/><m:IncludesLastItemInRange>true</m:IncludesLastItemInRange>",
    "SyncFolderHierarchy": "<m:SyncState/><m:IncludesLastFolderInRange>true</m:IncludesLastFolderInRange>",
}


_LISTS = {
    "GetItem": "ItemIds",
    "DeleteItem": "ItemIds",
    "MoveItem": "ItemIds",
    "CreateItem": "Items",
    "UpdateItem": "ItemChanges",
    "GetFolder": "FolderIds",
    "FindItem": "ParentFolderIds",
    "FindFolder": "ParentFolderIds",
}


def _each(operation: str, element: etree._Element | None, error: ResponseError) -> str:
    asked = children(element, f"{M}{_LISTS[operation]}") if element is not None and operation in _LISTS else []
    if not asked:
        return response(operation, [message(operation, error)])

    def serve(_: etree._Element) -> str:
        raise error

    return batch(operation, asked, serve, _EXTRA.get(operation, ""))


def message(operation: str, error: ResponseError) -> str:
    """One response message for ``error``, with what the schema demands of that operation."""
    return failure(operation, error, _EXTRA.get(operation, ""))


def refusal(operation: str, element: etree._Element | None, params: Mapping[str, Any], build: Build) -> web.Response:
    """``params``: ``reason`` the code, ``text``, ``back_off`` in milliseconds, ``as`` "fault" or "response".

    ``element`` is the request: each thing it asks for is answered, as a real server does.
    """
    code = str(params.get("reason", "ErrorInternalServerError"))
    text = str(params.get("text", "An error occurred on demand."))
    form = str(params.get("as", "fault" if code in WHOLE else "response"))
    headers = {"Content-Type": CONTENT_TYPE}
    if form == "response":
        error_of_each = ResponseError(code, text)
        return web.Response(body=envelope(build, _each(operation, element, error_of_each)), headers=headers)
    busy = code == "ErrorServerBusy"
    error = busy_fault(int(params.get("back_off", 10_000))) if busy else SoapFault(code, text)
    return web.Response(status=500, body=fault(error), headers=headers)
