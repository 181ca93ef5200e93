"""The GraphQL documents that this program sends, each in a file of its name; values travel as variables only."""

from importlib.resources import files

from msgspec import Struct


class Operation(Struct, frozen=True):
    """A document, the root field that it asks for, and whether it changes anything."""

    name: str
    root: str
    text: str
    writes: bool = False


def _text(*names: str) -> str:
    return "\n".join(files(__name__).joinpath(f"{name}.graphql").read_text(encoding="utf-8") for name in names)


LIST = Operation("list", "crToDoPage", _text("list", "appointment"))
COUNT = Operation("count", "crToDoPage", _text("count"))
GET = Operation("get", "crToDo", _text("get", "appointment"))
CREATE = Operation("create", "crToDoCreate", _text("create", "appointment"), writes=True)
UPDATE = Operation("update", "crToDoUpdate", _text("update", "appointment"), writes=True)
DELETE = Operation("delete", "crToDoDelete", _text("delete"), writes=True)
USERS = Operation("users", "crUserPage", _text("users", "user"))

OPERATIONS = (LIST, COUNT, GET, CREATE, UPDATE, DELETE, USERS)
