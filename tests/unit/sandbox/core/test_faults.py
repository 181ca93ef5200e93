import pytest

from cxsync.sandbox.core.faults import Fault, Faults
from cxsync.sandbox.core.refusal import BadInput, NotThere


def test_a_fault_hits_as_often_as_asked_after_letting_some_pass() -> None:
    faults = Faults()
    faults.add(Fault(system="google", operation="events.list", kind="drop", times=2, skip=1))
    hits = [faults.take("google", "events.list", "before", "bert") is not None for _ in range(5)]
    assert hits == [False, True, True, False, False]
    assert faults.all() == []


def test_a_fault_hits_only_what_it_names() -> None:
    faults = Faults()
    fault = faults.add(Fault(system="google", operation="*", kind="drop", when="after", owner="bert", times=-1))
    assert faults.take("exchange", "x", "after", "bert") is None
    assert faults.take("google", "x", "before", "bert") is None
    assert faults.take("google", "x", "after", "anna") is None
    assert [faults.take("google", name, "after", "bert") for name in "xyz"] == [fault] * 3
    assert fault.hits == 3


def test_faults_are_taken_in_order_and_out_of_force_by_id() -> None:
    faults = Faults()
    first, second = (faults.add(Fault(system="google", operation="*", kind="drop", times=-1)) for _ in range(2))
    assert faults.take("google", "x", "before", None) is first
    faults.remove(first.id)
    assert faults.take("google", "x", "before", None) is second
    with pytest.raises(NotThere):
        faults.remove(first.id)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadInput) as times:
        Faults().add(Fault(system="google", operation="*", kind="drop", times=0))
    with pytest.raises(BadInput) as when:
        Faults().add(Fault(system="google", operation="*", kind="garble", when="before"))
    assert (times.value.field, when.value.field) == ("times", "when")
