"""The arithmetic of patterns: each short cut equals walking through the days."""

from datetime import date
from itertools import islice, takewhile

from hypothesis import given, settings
from hypothesis import strategies as st

from cxsync.recurrence.fit import LEAST, fit
from cxsync.recurrence.pattern import (
    Count,
    Daily,
    MonthlyAbsolute,
    MonthlyRelative,
    Pattern,
    Until,
    Weekly,
    days,
    days_through,
    last_day,
    nth_day,
    week_start_matters,
)

WEEKDAYS = st.integers(0, 6)
PATTERNS: st.SearchStrategy[Pattern] = st.one_of(
    st.builds(Daily, st.integers(1, 40)),
    st.builds(
        Weekly, st.integers(1, 5), st.sets(WEEKDAYS, min_size=1).map(lambda found: tuple(sorted(found))), WEEKDAYS
    ),
    st.builds(MonthlyAbsolute, st.integers(1, 14), st.integers(1, 31), st.sampled_from(("skip", "clamp"))),
    st.builds(
        MonthlyRelative,
        st.integers(1, 14),
        st.sampled_from((1, 2, 3, 4, -1)),
        st.sampled_from(((0,), (4,), (6,), (0, 1, 2, 3, 4), (5, 6))),
    ),
)
STARTS = st.integers(date(2020, 1, 1).toordinal(), date(2030, 12, 31).toordinal())


@settings(max_examples=150, deadline=None)
@given(PATTERNS, STARTS, st.integers(1, 30))
def test_nth_day_is_the_nth_that_is_walked_to(pattern: Pattern, first: int, n: int) -> None:
    walked = list(islice(days(pattern, first), n))
    assert nth_day(pattern, first, n) == (walked[-1] if len(walked) == n else None)
    assert last_day(pattern, first, Count(n)) == nth_day(pattern, first, n)


@settings(max_examples=150, deadline=None)
@given(PATTERNS, STARTS, st.integers(-5, 900))
def test_days_through_and_last_day_equal_the_walk(pattern: Pattern, first: int, span: int) -> None:
    walked = list(takewhile(lambda day: day <= first + span, days(pattern, first)))
    assert days_through(pattern, first, first + span) == walked
    assert last_day(pattern, first, Until(first + span)) == (walked[-1] if walked else None)


@settings(max_examples=150, deadline=None)
@given(PATTERNS, STARTS)
def test_a_pattern_is_found_again_from_its_days(pattern: Pattern, start: int) -> None:
    first = next(days(pattern, start), None)
    if first is None:
        return
    through = first + 366 * 60
    listed = days_through(pattern, first, through)
    found = fit(listed, through, weekly=isinstance(pattern, Weekly), interval=getattr(pattern, "interval", 0))
    assert len(listed) < LEAST or (found is not None and days_through(found, first, through) == listed)


@given(st.integers(2, 4), st.sets(WEEKDAYS, min_size=1).map(lambda found: tuple(sorted(found))), WEEKDAYS, WEEKDAYS)
def test_week_start_matters_exactly_where_dates_differ(k: int, on: tuple[int, ...], a: int, b: int) -> None:
    monday = date(2026, 1, 5).toordinal()
    lists = [[list(islice(days(Weekly(k, on, start), monday + shift), 20)) for shift in range(7)] for start in (a, b)]
    anchored = [
        [one[shift] for shift in range(7) if one[shift][0] == monday + shift]  # starts on the rule
        for one in lists
    ]
    assert week_start_matters(Weekly(k, on, a), b) == (anchored[0] != anchored[1])
