"""Values sealed in columns open for their owner and purpose only, and details and credentials with them."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxsync import trace
from cxsync.sealed import open_value, seal_value
from schemas.errors import SealBroken

KEY = bytes(range(32))
OWNER = UUID("0e8b6d5c-0000-4000-8000-000000000001")


@given(st.binary(max_size=300))
def test_what_was_sealed_opens_again_and_shows_nothing_meanwhile(value: bytes) -> None:
    sealed = seal_value(KEY, OWNER, "details", value)
    assert open_value(KEY, OWNER, "details", sealed) == value
    assert len(value) < 4 or value not in sealed
    assert sealed != seal_value(KEY, OWNER, "details", value)


@pytest.mark.parametrize(
    ("key", "owner", "what"), [(bytes(32), OWNER, "details"), (KEY, UUID(int=7), "details"), (KEY, OWNER, "base")]
)
def test_another_key_owner_or_purpose_opens_nothing(key: bytes, owner: UUID, what: str) -> None:
    with pytest.raises(SealBroken):
        open_value(key, owner, what, seal_value(KEY, OWNER, "details", b"value"))


def test_damage_and_cuts_are_noticed_at_every_byte() -> None:
    sealed = seal_value(KEY, OWNER, "details", b"value")
    for place in range(len(sealed)):
        with pytest.raises(SealBroken):
            open_value(KEY, OWNER, "details", sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :])
        with pytest.raises(SealBroken):
            open_value(KEY, OWNER, "details", sealed[:place])


@given(st.lists(st.text(st.characters(exclude_characters="\x1f"), max_size=5), min_size=1, max_size=4), st.data())
def test_derived_ids_are_equal_for_equal_parts_only(parts: list[str], data: st.DataObject) -> None:
    assert trace.derived(*parts) == trace.derived(*parts)
    others = data.draw(st.lists(st.text(st.characters(exclude_characters="\x1f"), max_size=5), min_size=1, max_size=4))
    assert (trace.derived(*parts) == trace.derived(*others)) == (parts == others)


def test_a_derived_id_never_changes_between_versions_of_the_program() -> None:
    # Event ids tell repeats: another id for the same record after an upgrade would be a second record.
    assert str(trace.derived("change", "a", 1)) == "88dd88f3-0783-5a53-8992-e00fec2a7acd"
