"""The documents are valid against the schema that was written from the contract, and hold what the contract lists."""

import re
from importlib.resources import files

import pytest
from graphql import FieldNode, GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from cxsync.calendars.carerix.assumptions import TYPENAME_ONLY
from cxsync.calendars.carerix.documents import CREATE, DELETE, GET, LIST, OPERATIONS, UPDATE, USERS, Operation
from cxsync.calendars.carerix.write import ATTRIBUTES

SELECTED = """
_id toDoID toDoTypeKey subject location notes startDate endDate isAllDay status isConfidential remind reminderMinutes
attendees deleted creationDate modificationDate externalIdentifier owner modifiedBy recurrence recurrenceWeekly
recurrenceMonthly recurrenceRate recurrenceDays recurrenceDayList recurrenceDay recurrenceMonthDay isAbsoluteMonthDay
isRelativeMonthDay isRangeEndDate isRangeNumberOfTimes recurrenceNumberOfTimes recurrenceExpiryDate
"""
USER = "_id userID userName firstName lastName emailAddress timeZoneName isActive deleted language"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    text = files("cxsync.calendars.carerix").joinpath("schema.graphql").read_text(encoding="utf-8")
    return build_schema(text)


def fields_of(operation: Operation, fragment: str) -> list[str]:
    """What a document's fragment selects."""
    for each in parse(operation.text).definitions:
        if each.kind == "fragment_definition" and getattr(each, "name").value == fragment:  # noqa: B009 - of a subclass
            selections = getattr(each, "selection_set").selections  # noqa: B009 - the same
            return [node.name.value for node in selections if isinstance(node, FieldNode)]
    return []


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_document_is_valid(schema: GraphQLSchema, operation: Operation) -> None:
    assert validate(schema, parse(operation.text)) == []


def test_a_document_that_asks_for_more_than_the_contract_is_found_out(schema: GraphQLSchema) -> None:
    assert validate(schema, parse(GET.text.replace("toDoID", "toDoId")))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_each_document_has_one_operation_with_one_root_field(operation: Operation) -> None:
    (definition,) = [each for each in parse(operation.text).definitions if isinstance(each, OperationDefinitionNode)]
    (root,) = definition.selection_set.selections
    assert isinstance(root, FieldNode)
    assert root.name.value == operation.root
    assert (definition.operation.value == "mutation") == operation.writes


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_values_travel_as_variables_only(operation: Operation) -> None:
    assert '"' not in operation.text
    assert re.findall(r":\s*\d", operation.text) == []


@pytest.mark.parametrize("operation", [LIST, GET, CREATE, UPDATE], ids=lambda operation: operation.name)
def test_every_way_to_a_row_selects_the_same(operation: Operation) -> None:
    assert sorted(fields_of(operation, "Appointment")) == sorted(SELECTED.split())


def test_a_user_is_selected_as_listed() -> None:
    assert sorted(fields_of(USERS, "User")) == sorted(USER.split())


def test_a_deletion_selects_nothing_that_is_not_known() -> None:
    assert re.sub(r"\s+", " ", DELETE.text).endswith(f"crToDoDelete(_id: $id) {{ {TYPENAME_ONLY} }} }} ")


def test_every_attribute_that_is_written_is_read_too() -> None:
    assert {name for names in ATTRIBUTES.values() for name in names} <= set(SELECTED.split())
