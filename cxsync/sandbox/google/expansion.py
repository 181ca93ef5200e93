"""When a recurring event takes place (guide "Recurring events", RFC 5545 section 3.8.5), by dateutil's rules.

All on the wall clock of the event's own zone. The start is an occurrence even if the rule leaves it out, and COUNT does
not count it then.
"""

import heapq
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

from cxsync.sandbox.google.moments import zone, zone_named
from cxsync.sandbox.google.refusals import ApiError, invalid

HORIZON = timedelta(days=366 * 150)
"""Beyond this after the start no occurrence is looked for: rules that never yield have to end."""
_LINE = re.compile(r"^(RRULE|EXRULE|RDATE|EXDATE)((?:;[A-Z-]+=[^:;]+)*):(.+)$", re.IGNORECASE)
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY"}
_PARTS |= {"BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND"}


class Plan:
    """A recurrence, ready to be expanded; ``lines`` raises ApiError 400 when they cannot be."""

    def __init__(self, lines: tuple[str, ...], first: datetime, zone_name: str | None) -> None:
        self._first = first
        self._zone = zone_name
        self._rules: list[rrule] = []
        self._exrules: list[rrule] = []
        self._added: list[datetime] = [first]
        self._excluded: set[datetime] = set()
        self._excluded_days: set[date] = set()
        for line in lines:
            self._read(line)

    def _read(self, line: str) -> None:
        match = _LINE.match(line.strip())
        if match is None:
            raise invalid("Invalid recurrence rule.")
        name, parameters, value = match[1].upper(), match[2].upper(), match[3]
        if name in ("RRULE", "EXRULE"):
            (self._rules if name == "RRULE" else self._exrules).append(self._rule(value))
            return
        named = re.search(r";TZID=([^;:]+)", match[2], re.IGNORECASE)
        if "VALUE=PERIOD" in parameters or (named is not None and zone_named(named[1]) is None):
            raise invalid("Invalid recurrence rule.")
        for text in value.split(","):
            moment = self._moment(text.strip(), named[1] if named else None)
            if name == "RDATE":
                self._added.append(moment)
            elif self._zone is not None and "T" not in text.upper():
                self._excluded_days.add(moment.date())
            else:
                self._excluded.add(moment)

    def _moment(self, text: str, zone_name: str | None) -> datetime:
        """Wall clock in the event's zone of a date or date-time in RFC 5545's basic form."""
        try:
            if "T" not in text.upper():
                return datetime.combine(datetime.strptime(text, "%Y%m%d").date(), time())  # noqa: DTZ007 - a date
            moment = datetime.strptime(text.upper().removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall clock
        except ValueError:
            raise invalid("Invalid recurrence rule.") from None
        if self._zone is None:
            return datetime.combine(moment.date(), time())
        if text.upper().endswith("Z"):
            return moment.replace(tzinfo=UTC).astimezone(zone(self._zone)).replace(tzinfo=None)
        if zone_name is not None:
            return moment.replace(tzinfo=zone(zone_name)).astimezone(zone(self._zone)).replace(tzinfo=None)
        return moment

    def _rule(self, value: str) -> rrule:
        parts = [part.partition("=") for part in value.strip().rstrip(";").split(";")]
        names = [name.upper() for name, _, _ in parts]
        if len(set(names)) < len(names) or not _PARTS.issuperset(names) or "FREQ" not in names:
            raise invalid("Invalid recurrence rule.")
        given = dict(zip(names, (text for _, _, text in parts), strict=True))
        if "COUNT" in given and ("UNTIL" in given or not given["COUNT"].isdigit() or int(given["COUNT"]) < 1):
            raise invalid("Invalid recurrence rule.")
        if "INTERVAL" in given and (not given["INTERVAL"].isdigit() or int(given["INTERVAL"]) < 1):
            raise invalid("Invalid recurrence rule.")
        if given["FREQ"].upper() in ("HOURLY", "MINUTELY", "SECONDLY"):
            raise SubDaily
        until = given.get("UNTIL")
        if until is not None:
            if self._zone is not None and ("T" in until.upper()) != until.upper().endswith("Z"):
                raise invalid("Invalid recurrence rule.")
            last = self._moment(until, None)
            if self._zone is not None and "T" not in until.upper():
                last += timedelta(hours=23, minutes=59, seconds=59)
            given["UNTIL"] = last.strftime("%Y%m%dT%H%M%S")
        elif "COUNT" not in given:
            given["UNTIL"] = min(self._first + HORIZON, datetime(9999, 1, 1)).strftime("%Y%m%dT%H%M%S")  # noqa: DTZ001
        text = ";".join(f"{name}={each}" for name, each in given.items())
        try:
            rule = rrulestr(text, dtstart=self._first)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise invalid("Invalid recurrence rule.") from None
        if not isinstance(rule, rrule):
            raise invalid("Invalid recurrence rule.")
        return rule

    def starts(self, *, drop_days: bool = False) -> Iterator[datetime]:
        """Wall clock of each start, in order, without those excluded."""
        limit = self._first + HORIZON if self._first.year < 9800 else datetime.max  # noqa: DTZ901
        excluded = [iter(rule) for rule in self._exrules]
        skipped: set[datetime] = set()
        ahead = [next(each, None) for each in excluded]
        previous: datetime | None = None
        for start in heapq.merge(sorted(self._added), *self._rules):
            if start > limit:
                return
            if start == previous:
                continue
            previous = start
            for index, source in enumerate(excluded):
                upcoming = ahead[index]
                while upcoming is not None and upcoming <= start:
                    skipped.add(upcoming)
                    upcoming = next(source, None)
                ahead[index] = upcoming
            if start in self._excluded or start in skipped or (drop_days and start.date() in self._excluded_days):
                continue
            yield start


class SubDaily(ApiError):
    """FREQ=HOURLY and below, for which a server error was seen (googleapis/google-api-ruby-client issue 572)."""

    def __init__(self) -> None:
        super().__init__(400, "invalid", "Invalid recurrence rule.")


@lru_cache(maxsize=5_000)
def plan(lines: tuple[str, ...], first: datetime, zone_name: str | None) -> Plan:
    """The plan of ``recurrence`` lines whose first occurrence begins at ``first`` (wall clock of ``zone_name``).

    ``zone_name`` None: an all-day event.
    """
    return Plan(lines, first, zone_name)


def until_before(lines: list[str], last_moment: str) -> list[str]:
    """``lines`` with every RRULE ending at ``last_moment`` (UTC ``…Z`` or a date), as a split leaves the first part."""

    def ended(line: str) -> str:
        parts = [p for p in line.split(";") if not p.upper().startswith(("UNTIL=", "COUNT=", "RRULE:COUNT="))]
        return ";".join([*parts, f"UNTIL={last_moment}"])

    return [ended(line) if line.upper().startswith("RRULE") else line for line in lines]


def with_count(lines: list[str], change: Callable[[int], int]) -> list[str]:
    """``lines`` with the COUNT of every RRULE changed."""

    def counted(match: re.Match[str]) -> str:
        return f"{match[1]}{max(change(int(match[2])), 1)}"

    return [re.sub(r"(COUNT=)(\d+)", counted, line, flags=re.IGNORECASE) for line in lines]
