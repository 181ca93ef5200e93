"""Verdicts per second on a mix of real-life rules, beside bare dateutil expansion of the same rules.

No rule comes twice and every cache is cold at its first use. A verdict reads the text of a rule, expands it, finds its
pattern, translates it for one target and proves the answer; the bare expansion parses the text and lists the dates of
the same range (to the end, or ten years of an endless weekly rule, past 2100 for a monthly one). Bound: five bare
expansions a verdict.
"""

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

from cxsync.recurrence.horizon import MONTHLY_END, WEEKLY_DAYS
from cxsync.recurrence.parse.rrule import read_rrule
from cxsync.recurrence.policy import Policy
from cxsync.recurrence.series import Series, Source
from cxsync.recurrence.translate import to_carerix, to_exchange
from cxsync.recurrence.understand import from_rules
from cxsync.recurrence.zones import zone_named

RULES = 1000
BOUND = 5.0
HOME = zone_named("Europe/Amsterdam")
OTHER = zone_named("Europe/London")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Case = tuple[datetime, str]


def mix(count: int) -> list[Case]:
    """Weekly in 92 of 100 cases; endless, counted and ended in equal parts; each rule with a start of its own."""
    pick = random.Random(5545)
    cases: dict[Case, None] = {}
    while len(cases) < count:
        start = datetime(2026, 1, 1, pick.randrange(8, 18)) + timedelta(days=pick.randrange(1400))  # noqa: DTZ001 (wall clock)
        end = pick.choice(
            ("", f";COUNT={pick.randrange(4, 60)}", f";UNTIL={start + timedelta(days=400):%Y%m%dT%H%M%S}")
        )
        if pick.random() < 0.92:
            days = sorted({start.weekday(), *pick.sample(range(7), pick.choice((0, 0, 0, 1, 2, 4)))})
            interval = pick.choice((1, 1, 1, 1, 2, 2, 3, 4))
            rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={','.join(DAYS[day] for day in days)}"
        else:
            rule = pick.choice(
                ("FREQ=MONTHLY", "FREQ=YEARLY", f"FREQ=MONTHLY;BYDAY={start.day // 7 + 1}{DAYS[start.weekday()]}")
            )
        cases[start, rule + end] = None
    return list(cases)


def understood(case: Case) -> Series:
    """What every verdict begins with."""
    start, text = case
    point = (start.toordinal(), start.hour * 3600)
    source = Source("google", {"dtstart": f"{start:%Y%m%dT%H%M%S}"}, (read_rrule(text),))
    return from_rules(source, point, all_day=False, duration=3600, zone=HOME)


def bare(case: Case) -> int:
    """Plain dateutil over the same range."""
    start, text = case
    rule = rrulestr(text, dtstart=start)
    if "COUNT" in text or "UNTIL" in text:
        return len(list(rule))
    last = start + timedelta(days=WEEKLY_DAYS) if "WEEKLY" in text else datetime.fromordinal(MONTHLY_END)
    return len(rule.between(start, last, inc=True))


def seconds(work: Callable[[Case], object], cases: list[Case]) -> float:
    """Seconds of processor time for all cases: what others do on the machine does not count."""
    begun = time.process_time()
    for case in cases:
        work(case)
    return time.process_time() - begun


def main() -> int:
    """Prints the figures; exit code 1 if a verdict costs more than the bound."""
    policy = Policy()
    cases = mix(3 * RULES)
    first, second, third = cases[:RULES], cases[RULES : 2 * RULES], cases[2 * RULES :]
    worst = 0.0
    for name, some, verdict in (
        ("to Carerix", first, lambda case: to_carerix(understood(case), policy, HOME)),
        ("to Exchange", second, lambda case: to_exchange(understood(case), policy, HOME)),
        ("to Carerix in London", third, lambda case: to_carerix(understood(case), policy, OTHER)),
    ):
        taken, limit = seconds(verdict, some), seconds(bare, some)
        worst = max(worst, taken / limit)
        print(
            f"verdict {name:24} {RULES / taken:8.0f}/s   bare expansion {RULES / limit:8.0f}/s   "
            f"{taken / limit:.2f} expansions a verdict (bound {BOUND:.0f})"
        )
    return int(worst > BOUND)


if __name__ == "__main__":
    sys.exit(main())
