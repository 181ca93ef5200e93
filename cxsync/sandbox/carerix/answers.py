"""HTTP answers of the GraphQL interface, refusals included."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web
from graphql import ExecutionResult, GraphQLError

from cxsync.sandbox.carerix.listing import Page
from cxsync.sandbox.carerix.options import MANAGE_SCOPE, Options
from cxsync.sandbox.carerix.refusals import BrokenRule, InvalidQuery, MissingScope
from cxsync.sandbox.core.faults import Fault
from cxsync.sandbox.core.refusal import BadInput


def answered(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON with a status."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=data, content_type="application/json", charset="utf-8", headers=headers)


def refused(
    status: int, message: str, code: str, *, headers: Mapping[str, str] | None = None, path: str | None = None
) -> web.Response:
    """One error; with ``path`` the data of that root field is null, without it there is no data."""
    error: dict[str, Any] = {"message": message, "extensions": {"code": code}}
    body: dict[str, Any] = {"errors": [error]}
    if path is not None:
        error["path"] = [path]
        body["data"] = {path: None}
    return answered(body, status, headers)


def unauthorized(message: str) -> web.Response:
    """401: no token, an unknown or an expired one (RFC 6750, section 3)."""
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    return refused(401, message, "UNAUTHENTICATED", headers={"WWW-Authenticate": challenge})


def forbidden(message: str) -> web.Response:
    """403: the token lacks a scope."""
    return refused(403, message, "FORBIDDEN")


def too_many(options: Options) -> web.Response:
    """429: the rate limit of the tenant."""
    headers = {"Retry-After": str(options.retry_after)} if options.retry_after else {}
    return refused(429, f"more than {options.rate_limit} requests a second", "RATE_LIMIT", headers=headers)


def invalid(errors: Iterable[GraphQLError]) -> web.Response:
    """400: the query cannot be carried out."""
    return answered({"errors": [{**each.formatted, "extensions": {"code": "BAD_REQUEST"}} for each in errors]}, 400)


def service_error() -> web.Response:
    """500: transient, to be tried again."""
    return refused(500, "SERVICE_ERROR", "SERVICE_ERROR")


def of_result(result: ExecutionResult, options: Options) -> web.Response:
    """The answer to an executed operation: its status follows from the gravest error (A18)."""
    errors = result.errors or []
    causes = [each.original_error for each in errors]
    for cause in causes:
        if isinstance(cause, MissingScope):
            return forbidden(str(cause))
    if any(isinstance(cause, InvalidQuery) for cause in causes) or any(each.path is None for each in errors):
        return invalid(errors)
    if any(cause is not None and not isinstance(cause, BrokenRule) for cause in causes):
        return service_error()
    if not errors:
        return answered({"data": result.data})
    if options.rule_errors == "bad-request":
        return invalid(errors)
    return answered({"data": result.data, "errors": [_formatted(each) for each in errors]})


def _formatted(error: GraphQLError) -> dict[str, Any]:
    cause = error.original_error
    extensions = {"code": "RULE", "field": cause.field} if isinstance(cause, BrokenRule) else {"code": "ERROR"}
    return {**error.formatted, "extensions": extensions}


def _nothing(root: str) -> dict[str, Any] | None:
    return Page(0, 20, 0, []).answer() if root.endswith("Page") else None


REASONS: Final = (
    "service-error",
    "rate-limit",
    "token-expired",
    "missing-scope",
    "invalid-query",
    "rule",
    "partial",
    "empty",
)


def of_fault(fault: Fault, operation: str, options: Options) -> web.Response:
    """The answer for a fault of kind ``reason``; ``params``: {reason, message?}. Raises BadInput.

    ``partial`` and ``empty`` look as if nothing were stored, with and without an error beside it.
    """
    root = operation.partition("+")[0]
    reason = fault.params.get("reason")
    message = str(fault.params.get("message", reason))
    match reason:
        case "service-error":
            return service_error()
        case "rate-limit":
            return too_many(options)
        case "token-expired":
            return unauthorized("Token expired")
        case "missing-scope":
            return forbidden(str(MissingScope((MANAGE_SCOPE,))))
        case "invalid-query":
            return refused(400, message, "BAD_REQUEST")
        case "rule":
            return refused(200, message, "RULE", path=root)
        case "partial":
            error = {"message": message, "path": [root], "extensions": {"code": "ERROR"}}
            return answered({"data": {root: _nothing(root)}, "errors": [error]})
        case "empty":
            return answered({"data": {root: _nothing(root)}})
        case _:
            raise BadInput("params.reason", reason, f"one of {', '.join(REASONS)}")
