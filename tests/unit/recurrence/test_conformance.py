"""The public table says what the product answers."""

from tests.unit.recurrence.conformance import PAGE, kept, page


def test_page_is_what_the_product_answers() -> None:
    assert page(kept()) == PAGE.read_text()
