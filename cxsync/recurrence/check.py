"""The conversation of ``cxsync recurrence check``: one line in, one line out, nothing remembered."""

from typing import Any

import msgspec

from cxsync.recurrence.answer import answer
from cxsync.recurrence.request import InputError, ask, decode


def check_line(line: bytes, number: int) -> dict[str, Any]:
    """The answer to one line of input; ``number`` is its place, the id where none is given. Never raises."""
    id_ = str(number)
    try:
        raw = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        shown = line.decode("utf-8", "replace").strip()
        return _error(id_, InputError("line", shown[:200], f"line: is no JSON ({error})"))
    try:
        if not isinstance(raw, dict):
            raise InputError("line", raw, "line: write one JSON object")
        if isinstance(raw.get("id"), str):
            id_ = raw["id"]
        return answer(id_, ask(decode(raw)))
    except InputError as error:
        return _error(id_, error)


def _error(id_: str, error: InputError) -> dict[str, Any]:
    return {
        "id": id_,
        "error": {"code": "INVALID_INPUT", "field": error.field, "value": error.value, "message": error.message},
    }
