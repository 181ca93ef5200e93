"""Headers as one column."""

from hypothesis import given
from hypothesis import strategies as st

from cxsync.store.message import pack_headers, unpack_headers


@given(st.lists(st.tuples(st.text(), st.binary())))
def test_headers_come_out_as_they_went_in_order_repeats_and_all(headers: list[tuple[str, bytes]]) -> None:
    assert unpack_headers(pack_headers(headers)) == headers
