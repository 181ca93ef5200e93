"""Both sides edited before either edit was seen."""

import pytest
from msgspec.structs import replace

from cxsync.activate.ground import Ground
from cxsync.sandbox.core.run import Sandbox
from cxsync.store.tenants import Tenant
from tests.integration.sync.desk import Desk, at
from tests.integration.sync.line import Line


def test_different_fields_are_on_both_sides(desk: Desk) -> None:
    desk.carerix.makes("Bezoek", location="Coolsingel")
    desk.line.settle()
    desk.outside.edits("Bezoek", location="Blaak 31")
    desk.carerix.edits("Bezoek", subject="Bezoek R'dam")
    desk.line.settle()
    assert desk.carerix.only("Bezoek R'dam")["location"] == "Blaak 31"
    assert desk.outside.only("Bezoek R'dam")["location"] == "Blaak 31"
    assert desk.line.mails() == []
    assert desk.differences() == []


@pytest.mark.parametrize("first", ["carerix", "outside"])
def test_the_same_field_has_the_value_of_carerix_and_one_mail(desk: Desk, first: str) -> None:
    desk.carerix.makes("Bezoek")
    desk.line.settle()
    desk.outside.edits("Bezoek", subject="Bezoek buiten")
    desk.carerix.edits("Bezoek", subject="Bezoek binnen")
    if first == "outside":
        desk.line.poll(desk.provider)
        desk.line.work()
    desk.line.settle()
    assert desk.carerix.only("Bezoek binnen")
    assert desk.outside.only("Bezoek binnen")
    (mail,) = desk.line.mails("conflict")
    assert any("Bezoek buiten" in parameter.value for parameter in mail[1].parameters)
    desk.outside.edits("Bezoek binnen", start=at(1, 14), end=at(1, 15))
    desk.carerix.edits("Bezoek binnen", start=at(1, 16), end=at(1, 17))
    desk.line.settle()
    assert desk.differences() == []
    assert len(desk.line.mails("conflict")) == 1, "told once an item"


@pytest.mark.parametrize("name", ["anna", "bert"])
@pytest.mark.parametrize("first", ["carerix", "outside"])
def test_the_external_value_wins_where_it_is_set_to(
    held: Ground, sandbox: Sandbox, tenant: Tenant, name: str, first: str
) -> None:
    settings = held.settings.model_copy(update={"conflict_winner": "external"})
    desk = Desk(Line(replace(held, settings=settings), sandbox), tenant, name)
    desk.carerix.makes("Bezoek")
    desk.line.settle()
    desk.outside.edits("Bezoek", subject="Bezoek buiten")
    desk.carerix.edits("Bezoek", subject="Bezoek binnen")
    desk.line.poll("carerix" if first == "carerix" else desk.provider)
    desk.line.work()
    desk.line.settle()
    assert desk.carerix.only("Bezoek buiten")
    assert desk.outside.only("Bezoek buiten")
    assert len(desk.line.mails("conflict")) == 1


def test_an_edit_between_the_reading_and_the_write_is_not_lost(desk: Desk) -> None:
    desk.carerix.makes("Bezoek")
    desk.line.settle()
    desk.carerix.edits("Bezoek", subject="Bezoek 2")
    desk.line.poll("carerix")
    desk.outside.edits("Bezoek", location="tussendoor")
    desk.line.work()
    desk.line.settle()
    assert desk.outside.only("Bezoek 2")["location"] == "tussendoor"
    assert desk.carerix.only("Bezoek 2")["location"] == "tussendoor"
