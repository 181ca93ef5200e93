"""Private appointments: who may read what."""

from tests.integration.sync.desk import Desk


def test_born_private_outside_only_the_time_is_in_carerix_until_it_is_public(desk: Desk) -> None:
    desk.outside.makes("Tandarts", private=True, location="Plein 1", notes="kies")
    desk.line.settle()
    assert not desk.carerix.named("Tandarts")
    row = desk.carerix.only("Privéafspraak")
    assert (row["private"], row["location"], row["notes"]) == (True, "", "")
    assert desk.carerix.starts("Privéafspraak") == desk.outside.starts("Tandarts")
    desk.outside.edits("Tandarts", location="Plein 2")
    desk.line.settle()
    assert desk.carerix.only("Privéafspraak")["location"] == ""
    desk.outside.does("make-public", item=desk.outside.only("Tandarts")["id"])
    desk.line.settle()
    row = desk.carerix.only("Tandarts")
    assert (row["private"], row["location"], row["notes"].strip()) == (False, "Plein 2", "kies")
    assert desk.outside.only("Tandarts")["location"] == "Plein 2"


def test_later_made_private_the_text_stays_and_no_further_text_crosses(desk: Desk) -> None:
    desk.outside.makes("Gesprek")
    desk.line.settle()
    desk.outside.does("make-private", item=desk.outside.only("Gesprek")["id"])
    desk.line.settle()
    assert desk.carerix.only("Gesprek")["private"]
    desk.outside.edits("Gesprek", subject="Ontslaggesprek")
    desk.line.settle()
    assert desk.carerix.only("Gesprek")["private"]
    assert not desk.carerix.named("Ontslaggesprek")
    assert desk.outside.only("Ontslaggesprek")["private"]


def test_confidential_in_carerix_is_private_outside_with_its_text(desk: Desk) -> None:
    desk.carerix.makes("Salaris", private=True, notes="schaal 9")
    desk.line.settle()
    item = desk.outside.only("Salaris")
    assert (item["private"], item["notes"].strip()) == (True, "schaal 9")
    desk.outside.edits("Salaris", location="Kamer 1")
    desk.line.settle()
    assert desk.carerix.only("Salaris")["location"] == "Kamer 1"


def test_a_mail_about_a_private_item_names_no_word_of_it(desk: Desk) -> None:
    desk.outside.makes("Therapie", private=True, rule={"frequency": "daily", "count": 5})
    desk.line.settle()
    (mail,) = desk.line.mails("daily-series")
    assert mail[1].subject == ""
    assert all("Therapie" not in parameter.value for parameter in mail[1].parameters)
