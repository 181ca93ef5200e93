import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schemas.evolution import LOCK, main, problems, release
from schemas.registry import FOLDER

Change = Callable[[dict[str, Any]], None]


class Sandbox:
    """A copy of the released schemas, to which a next version can be added."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "released"
        self.lock = root / "released.lock"
        shutil.copytree(FOLDER, self.folder)
        shutil.copy(LOCK, self.lock)

    def write(self, name: str, change: Change, source: str = "Outcome.v1.avsc") -> None:
        schema: dict[str, Any] = json.loads((self.folder / source).read_text("utf-8"))
        change(schema)
        (self.folder / name).write_text(json.dumps(schema), "utf-8")

    def problems(self) -> str:
        return "\n".join(problems(self.folder, self.lock))

    def release(self) -> str:
        return "\n".join(release(self.folder, self.lock))


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path)


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in schema["fields"] if entry["name"] == name)
    return found


def add(schema: dict[str, Any], **entry: Any) -> None:
    schema["fields"].insert(-1, {"name": "extra", "doc": "More.", **entry})


def test_the_released_schemas_pass() -> None:
    assert problems() == []


def test_the_command_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "schemas.evolution"], cwd=FOLDER.parents[1], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_refuses_what_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bless"]) == 2
    assert capsys.readouterr().err == "usage: python -m schemas.evolution [release]\n"


def test_a_changed_released_file_is_refused(sandbox: Sandbox) -> None:
    sandbox.write("Outcome.v1.avsc", lambda schema: field(schema, "code").update(doc="Other words."))
    assert (
        sandbox.problems()
        == "Outcome.v1.avsc: differs from the lock; a released schema never changes, make a new version"
    )


def test_a_removed_released_file_is_refused(sandbox: Sandbox) -> None:
    sandbox.write("Outcome.v2.avsc", lambda schema: add(schema, type=["null", "string"], default=None))
    (sandbox.folder / "Outcome.v1.avsc").unlink()
    assert "Outcome.v1.avsc: is in the lock but not there" in sandbox.problems()


def test_a_new_file_has_to_be_released(sandbox: Sandbox) -> None:
    sandbox.write("Outcome.v2.avsc", lambda schema: add(schema, type=["null", "string"], default=None))
    assert "Outcome.v2.avsc: is not in the lock; run python -m schemas.evolution release" in sandbox.problems()


def test_a_compatible_version_lacks_only_its_field_in_the_struct(sandbox: Sandbox) -> None:
    sandbox.write("Outcome.v2.avsc", lambda schema: add(schema, type=["null", "string"], default=None))
    assert sandbox.release() == "Outcome.v2.avsc: Outcome.extra is only in the schema"


def test_what_does_not_pass_is_not_released(sandbox: Sandbox) -> None:
    before = sandbox.lock.read_bytes()
    sandbox.write("Outcome.v2.avsc", lambda schema: add(schema, type="string"))
    assert sandbox.release()
    assert sandbox.lock.read_bytes() == before


def test_what_passes_is_released_once_and_for_all(sandbox: Sandbox) -> None:
    sandbox.lock.unlink()
    assert sandbox.release() == ""
    assert sandbox.lock.read_bytes() == LOCK.read_bytes()
    assert sandbox.problems() == ""


def numbers_as_text(schema: dict[str, Any]) -> None:
    field(schema, "attempts").update(type="string", default="1")


def millis(schema: dict[str, Any]) -> None:
    field(schema, "at")["type"]["logicalType"] = "timestamp-millis"
    add(schema, type=["null", "string"], default=None)


def renamed(schema: dict[str, Any]) -> None:
    field(schema, "code").update(name="detail_code", aliases=["code"])


def symbol_removed(schema: dict[str, Any]) -> None:
    field(schema, "result")["type"]["symbols"].remove("held")
    field(schema, "result")["type"].pop("default")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda schema: add(schema, type="string"), "Outcome.v2.avsc: cannot read Outcome.v1.avsc"),
        (lambda schema: schema["fields"].remove(field(schema, "at")), "Outcome.v1.avsc: cannot read Outcome.v2.avsc"),
        (numbers_as_text, "cannot read"),
        (millis, "Outcome.v2.avsc: $.at:long has another logical type than in Outcome.v1.avsc"),
        (renamed, "Outcome.v2.avsc: Outcome: detail_code: has aliases"),
        (symbol_removed, "cannot read"),
        (symbol_removed, "Outcome.v2.avsc: Outcome: result: Result: the default of an enum is unknown"),
        (lambda schema: field(schema, "at").pop("doc"), "Outcome.v2.avsc: Outcome: at: has no documentation"),
        (lambda schema: schema.update(doc=" "), "Outcome.v2.avsc: Outcome: has no documentation"),
        (
            lambda schema: field(schema, "at").update(doc="Other."),
            "Outcome.v2.avsc: has the fingerprint of Outcome.v1.avsc",
        ),
        (lambda schema: field(schema, "attempts").update(default=2), "has the fingerprint of Outcome.v1.avsc"),
        (
            lambda schema: schema["fields"].append({"name": "z", "doc": "Z.", "type": "long", "default": 0}),
            "Outcome.v2.avsc: sealed, null or bytes, is the last field",
        ),
    ],
    ids=[
        "field without default",
        "required field gone",
        "number becomes text",
        "logical type changed",
        "renamed by alias",
        "symbol gone",
        "enum without default",
        "field undocumented",
        "record undocumented",
        "only documentation changed",
        "only a default changed",
        "sealed no longer last",
    ],
)
def test_a_next_version_that_breaks_a_rule_is_refused(sandbox: Sandbox, change: Change, complaint: str) -> None:
    sandbox.write("Outcome.v2.avsc", change)
    assert complaint in sandbox.release()


def test_each_version_is_compared_with_all_earlier_ones(sandbox: Sandbox) -> None:
    # v2 drops an optional field, v3 brings its name back as another type: v3 fits v2, but not v1.
    def dropped(schema: dict[str, Any]) -> None:
        schema["fields"].remove(field(schema, "code"))

    def other(schema: dict[str, Any]) -> None:
        field(schema, "code").update(type=["null", "long"])

    sandbox.write("Outcome.v2.avsc", dropped)
    sandbox.write("Outcome.v3.avsc", other)
    found = sandbox.release()
    assert "Outcome.v3.avsc: cannot read Outcome.v1.avsc" in found
    assert "Outcome.v3.avsc: cannot read Outcome.v2.avsc" not in found


def test_data_are_sent_through_where_the_checker_sees_no_difference(sandbox: Sandbox) -> None:
    # The specification promotes bytes to text, and the checker agrees; bytes that are no UTF-8 have no such reading.
    sandbox.write(
        "RawContent.v2.avsc",
        lambda schema: field(field(schema, "documents")["type"]["items"], "body").update(type="string"),
        source="RawContent.v1.avsc",
    )
    assert "RawContent.v2.avsc: generated data of RawContent.v1.avsc do not go through" in sandbox.release()


def test_a_logical_type_deep_inside_is_compared(sandbox: Sandbox) -> None:
    def change(schema: dict[str, Any]) -> None:
        text = json.dumps(schema).replace('"logicalType": "date"', '"logicalType": "time-millis"')
        schema.clear()
        schema.update(json.loads(text))

    sandbox.write("ChangeContent.v2.avsc", change, source="ChangeContent.v1.avsc")
    assert "$.appointment.recurrence.rules[].until:int has another logical type" in sandbox.release()


@pytest.mark.parametrize("name", ["Outcome.avsc", "Outcome.v0.avsc", "outcome.v2.avsc", "Change.v2.avsc"])
def test_a_file_that_is_not_called_as_it_should_be_is_refused(sandbox: Sandbox, name: str) -> None:
    sandbox.write(name, lambda schema: None)
    with pytest.raises(ValueError, match=name):
        sandbox.problems()


def test_a_schema_without_struct_is_refused(sandbox: Sandbox) -> None:
    sandbox.write("Oddity.v2.avsc", lambda schema: schema.update(name="Oddity"))
    assert "Oddity: no struct of schemas.records has this name" in sandbox.problems()


def test_a_struct_without_schema_is_refused(sandbox: Sandbox) -> None:
    (sandbox.folder / "Outcome.v1.avsc").unlink()
    assert "Outcome: has no released schema" in sandbox.problems()
