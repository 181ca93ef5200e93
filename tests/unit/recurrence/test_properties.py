"""What an answer claims is so: every exact form, split, alternative and first difference, carried out by the oracle."""

import os
from datetime import timedelta
from itertools import islice

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.unit.recurrence.generate import exceptions, lines
from tests.unit.recurrence.oracle import moment, rule_starts
from tests.unit.recurrence.verify import Json, ask, faults

EXAMPLES = int(os.environ.get("CXSYNC_TEST_EXAMPLES", "40"))
PROPERTY = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@PROPERTY
@given(lines())
def test_expansion_equals_the_walked_days(line: Json) -> None:
    answer = ask(line)
    assume(answer.get("expand") is not None)
    begin = moment(line["dtstart"])
    starts = rule_starts(line["rrule"], begin, line["tz"], (begin + timedelta(days=4000)).date())
    walked = list(islice(starts, 100))
    listed = [moment(at) for at in answer["expand"]]
    if "T023000" in line["dtstart"]:
        # In a gap the clock shows an hour later.
        walked = [at.replace(hour=3) if seen.hour == 3 else at for at, seen in zip(walked, listed, strict=False)]
    shared = len(walked) if answer["more"] or len(walked) < len(listed) else len(listed)
    assert listed[:shared] == walked[:shared]
    if not answer["more"]:
        assert len(walked) <= len(listed)


@PROPERTY
@given(lines())
def test_every_claim_about_a_rule_holds(line: Json) -> None:
    assert faults(line, ask(line)) == []


@PROPERTY
@given(st.data())
def test_every_claim_about_a_rule_with_exceptions_holds(data: st.DataObject) -> None:
    line = data.draw(lines())
    answer = ask(line)
    if answer.get("expand"):
        changed = line | data.draw(exceptions(answer["expand"][:8]))
        assert faults(changed, ask(changed)) == []
