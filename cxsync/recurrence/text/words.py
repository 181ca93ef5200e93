"""What a language has to say; the sentences are put together in ``paragraph``."""

from msgspec import Struct

from cxsync.recurrence.codes import Reason


class Words(Struct, frozen=True):
    """Weekdays from Monday; ``places`` by number, -1 = last; all else are templates for ``str.format``."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    places: dict[int, str]
    working_day: str
    weekend_day: str
    any_of: str
    and_: str
    or_: str
    to: str
    every_day: str
    every_days: str
    every_weekday: str
    every_weeks: str
    day_of_month: str
    day_of_months: str
    day_of_year: str
    day_of_years: str
    last_day_of_month: str
    last_day_of_months: str
    last_day_of_year: str
    clamped: str
    nth_of_month: str
    nth_of_months: str
    nth_of_year: str
    nth_of_years: str
    one_date: str
    some_dates: str
    other_dates: str
    unreadable: str
    at: str
    all_day: str
    starts: str
    on_date: str
    times: str
    until: str
    no_dates: str
    exact: str
    single: str
    converted: str
    carried: str
    removed: str
    moved: str
    changed: str
    added: str
    moment: str
    choose: str
    make: str
    nth_choice: str
    instead: str
    instead_one: str
    part_single: str
    part_single_all_day: str
    part_series: str
    recreate: str
    no_way: str
    remedy: dict[Reason, str]
    causes: dict[Reason, str]
