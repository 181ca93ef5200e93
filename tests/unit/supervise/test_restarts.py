from hypothesis import given
from hypothesis import strategies as st

from cxsync.supervise.restarts import LONGEST, Deaths, Ending

KILLED = Ending(exit_code=-9, lived=5, was_ready=True)
REFUSED = Ending(exit_code=1, lived=1, was_ready=False)

endings = st.builds(
    Ending,
    exit_code=st.sampled_from([-9, -15, 0, 1, 2, 3, 127]),
    lived=st.floats(0, 1000),
    was_ready=st.booleans(),
)
jitters = st.floats(0, 1)


def row(*endings: Ending) -> Deaths:
    deaths = Deaths()
    for ending in endings:
        deaths = deaths.after(ending)
    return deaths


def test_the_first_death_costs_no_time_and_the_next_ones_twice_as_much_each() -> None:
    waits = [row(*[KILLED] * n).delay(0) for n in range(1, 6)]
    assert waits == [0, 0.2, 0.4, 0.8, 1.6]


def test_the_wait_never_exceeds_the_limit_however_often_it_dies() -> None:
    assert row(*[KILLED] * 20).delay(0) == LONGEST
    assert Deaths(count=10_000_000).delay(0) == LONGEST


def test_a_death_after_a_minute_of_life_begins_anew() -> None:
    old = Ending(exit_code=-9, lived=60, was_ready=True)
    assert row(*[KILLED] * 9, old).delay(0) == 0
    assert row(*[KILLED] * 9, old, KILLED).delay(0) == 0.2


@given(st.lists(endings), jitters)
def test_jitter_takes_away_at_most_half(history: list[Ending], jitter: float) -> None:
    deaths = row(*history)
    assert deaths.delay(0) / 2 <= deaths.delay(jitter) <= deaths.delay(0)


@given(st.lists(endings), endings, jitters)
def test_a_row_of_deaths_only_slows_down(history: list[Ending], last: Ending, jitter: float) -> None:
    deaths = row(*history)
    after = deaths.after(last)
    assert after.delay(jitter) >= deaths.delay(jitter) or last.lived >= 60


def test_two_quick_failures_without_readiness_look_like_wrong_settings() -> None:
    assert not row(REFUSED).cannot_start
    assert row(REFUSED, REFUSED).cannot_start


def test_a_role_that_worked_or_was_killed_or_lived_long_is_not_said_to_be_unable_to_start() -> None:
    for other in (
        KILLED,
        Ending(exit_code=1, lived=1, was_ready=True),
        Ending(exit_code=1, lived=20, was_ready=False),
        Ending(exit_code=3, lived=1, was_ready=False),
    ):
        assert not row(REFUSED, REFUSED, other).cannot_start
        assert not row(other, other).cannot_start
