"""What the discovery document says about methods, parameters and bodies: the published form of the API itself."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import msgspec

from cxsync.sandbox.google.refusals import ApiError, invalid

Params = dict[str, Any]


class Method(msgspec.Struct, frozen=True):
    """One method of the API; ``segments`` of its path, placeholders in braces."""

    id: str
    http: str
    segments: tuple[str, ...]
    parameters: dict[str, dict[str, Any]]
    request: str | None
    response: str | None
    scopes: frozenset[str]


class Discovery:
    """The document that is published with google-api-python-client, indexed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.schemas: Mapping[str, Any] = document["schemas"]
        self.scopes: dict[str, str] = {
            scope: about["description"] for scope, about in document["auth"]["oauth2"]["scopes"].items()
        }
        """What each scope allows, in words, by its address."""
        self._general: Mapping[str, Any] = document["parameters"]
        self._routes: dict[tuple[str, int], list[Method]] = {}
        self.methods: dict[str, Method] = {}
        for resource in document["resources"].values():
            for given in resource["methods"].values():
                self._add(given)

    def _add(self, given: Mapping[str, Any]) -> None:
        method = Method(
            given["id"].removeprefix("calendar."),
            given["httpMethod"],
            tuple(given["path"].split("/")),
            {**given.get("parameters", {}), **self._general},
            given.get("request", {}).get("$ref"),
            given.get("response", {}).get("$ref"),
            frozenset(given.get("scopes", ())),
        )
        self.methods[method.id] = method
        self._routes.setdefault((method.http, len(method.segments)), []).append(method)

    def route(self, http: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method that serves ``path`` (still percent-encoded, below ``/calendar/v3/``) and its path parameters."""
        parts = path.split("/")
        for method in self._routes.get((http, len(parts)), ()):
            found: dict[str, str] = {}
            for segment, part in zip(method.segments, parts, strict=True):
                if segment.startswith("{"):
                    found[segment[1:-1]] = unquote(part)
                elif segment != part:
                    break
            else:
                return method, found
        return None

    def check(self, method: Method, query: list[tuple[str, str]]) -> Params:
        """Query parameters by name, typed; unknown ones and wrong values are refused with 400."""
        params: Params = {}
        for name, value in query:
            spec = method.parameters.get(name)
            if spec is None or spec["location"] != "query":
                raise ApiError(400, "invalidParameter", f"Unknown parameter: {name}", location=name)
            typed = _typed(name, value, spec)
            if spec.get("repeated"):
                params.setdefault(name, []).append(typed)
            elif name in params:
                raise ApiError(400, "invalidParameter", f"Parameter {name} may not be repeated", location=name)
            else:
                params[name] = typed
        for name, spec in method.parameters.items():
            if spec.get("required") and spec["location"] == "query" and name not in params:
                raise ApiError(400, "required", f"Required parameter: {name}", location=name)
        return params

    def clean(self, schema: str, value: Any) -> dict[str, Any]:
        """``value`` without the fields that the schema does not know; a wrong type is refused with 400."""
        cleaned: dict[str, Any] = self._cleaned(self.schemas[schema], value, schema)
        return cleaned

    def _cleaned(self, spec: Mapping[str, Any], value: Any, where: str) -> Any:
        if value is None:
            return None
        if "$ref" in spec:
            spec = self.schemas[spec["$ref"]]
        expected: type | tuple[type, ...]
        match spec.get("type"):
            case "object":
                if not isinstance(value, dict):
                    raise invalid(f"Invalid value for: {where} is not an object")
                known, other = spec.get("properties", {}), spec.get("additionalProperties")
                return {
                    name: self._cleaned(known.get(name, other), each, f"{where}.{name}")
                    for name, each in value.items()
                    if name in known or other is not None
                }
            case "array":
                if not isinstance(value, list):
                    raise invalid(f"Invalid value for: {where} is not a list")
                return [self._cleaned(spec["items"], each, f"{where}[]") for each in value]
            case "integer":
                expected = int
            case "boolean":
                expected = bool
            case "number":
                expected = (int, float)
            case "string":
                expected = str
            case _:
                return value
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise invalid(f"Invalid value for: {where} cannot be {value!r}")
        return value


def _typed(name: str, value: str, spec: Mapping[str, Any]) -> Any:
    wrong = ApiError(400, "invalidParameter", f"Invalid value '{value}' for parameter {name}", location=name)
    if "enum" in spec and value not in spec["enum"]:
        raise wrong
    if spec["type"] == "boolean":
        if value.lower() not in ("true", "false"):
            raise wrong
        return value.lower() == "true"
    if spec["type"] == "integer":
        try:
            number = int(value)
        except ValueError:
            raise wrong from None
        if not int(spec.get("minimum", number)) <= number <= int(spec.get("maximum", 2**31 - 1)):
            raise wrong
        return number
    if spec.get("format") == "date-time":
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise wrong from None
        if moment.tzinfo is None:
            raise wrong
        return moment.replace(microsecond=0)
    return value


@cache
def discovery() -> Discovery:
    """Calendar v3 as published; read once a process."""
    source = files("googleapiclient.discovery_cache.documents") / "calendar.v3.json"
    return Discovery(msgspec.json.decode(source.read_bytes()))
