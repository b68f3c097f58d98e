"""Whether a file's content is older than its table's, judged by the dates in both file names. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from refdata.core.contractterms import QuestionKind
from refdata.core.questions import REFUSE, Choice, Question
from refdata.core.siblings import lasting_words, month_names

_YEAR = r"(?:19|20)\d\d"
_MONTH_NAME = rf"({'|'.join(sorted(map(re.escape, month_names()), key=len, reverse=True))})"
_EDGE, _END = r"(?<![0-9])", r"(?![0-9])"
_JOINT = r"[-_. ]?"
_DAY = rf"{_EDGE}({_YEAR}){_JOINT}(0[1-9]|1[0-2]){_JOINT}(0[1-9]|[12]\d|3[01])"
_WEEK = "(?:kw|cw|wk|week|woche|w)"
_CLOCK = r"[-_. t]?([01]\d|2[0-3])[-_.h]?([0-5]\d)(?:[-_.m]?([0-5]\d))?"
# One spelling per line, the most specific first, each with the meaning of its groups (s: minutes, t: seconds, o: half
# of a year, b: a month's name).
_SPELLINGS = (
    (rf"{_DAY}{_CLOCK}{_END}", "ymdhst"),
    (_DAY, "ymd"),
    (rf"{_EDGE}(0[1-9]|[12]\d|3[01])[-_.](0[1-9]|1[0-2])[-_.]({_YEAR}|\d\d){_END}", "dmy"),
    (rf"{_EDGE}({_YEAR}){_JOINT}{_WEEK}{_JOINT}(\d\d){_END}", "yw"),
    (rf"(?<![a-z]){_WEEK}{_JOINT}(\d\d){_JOINT}({_YEAR}){_END}", "wy"),
    (rf"{_EDGE}({_YEAR}){_JOINT}q([1-4]){_END}", "yq"),
    (rf"q([1-4]){_JOINT}({_YEAR}|\d\d){_END}", "qy"),
    (rf"{_EDGE}({_YEAR}){_JOINT}h([12]){_END}", "yo"),
    (rf"(?<![a-z])h([12]){_JOINT}({_YEAR}|\d\d){_END}", "oy"),
    (rf"(?<![^\W\d_]){_MONTH_NAME}{_JOINT}({_YEAR}){_END}", "by"),
    (rf"{_EDGE}({_YEAR}){_JOINT}{_MONTH_NAME}(?![^\W\d_])", "yb"),
    (rf"{_EDGE}({_YEAR}){_JOINT}(0[1-9]|1[0-2]){_END}", "ym"),
    (rf"{_EDGE}(0[1-9]|1[0-2])[-_.]({_YEAR}){_END}", "my"),
    (rf"(?<![a-z])(?:fy|gj){_JOINT}({_YEAR}|\d\d){_END}", "y"),
    (rf"{_EDGE}({_YEAR}){_END}", "y"),
    (rf"{_EDGE}(\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]){_END}", "ymd"),
)
_VERSION = re.compile(r"(?<![a-z])(?:v|ver|version|rev)[-_. ]?(\d{1,4}(?:\.\d{1,4})*)(?![0-9a-z])")


@dataclass(frozen=True, slots=True)
class _Period:
    """The first and last day of a name's date: one day, a week, a month, a quarter or a year.

    ``clock`` is the time of the one day, where the name states one.
    """

    first: datetime.date
    last: datetime.date
    clock: datetime.time | None = None

    def precedes(self, other: _Period) -> bool:
        """Whether all of it is before the other; of one day, the times decide if both are stated."""
        if self.clock is None or other.clock is None or self.first != other.first:
            return self.last < other.first
        return self.clock < other.clock


def period_of(file_name: str) -> _Period | None:
    """The period that a file's name states, or None.

    >>> period_of("rates_20241201.csv")
    _Period(first=datetime.date(2024, 12, 1), last=datetime.date(2024, 12, 1), clock=None)
    >>> period_of("rates_20241201_0930.csv").clock
    datetime.time(9, 30)
    >>> period_of("harbours Q1 2025.csv").last
    datetime.date(2025, 3, 31)
    >>> period_of("countries.csv") is None
    True
    """
    return next(_periods(file_name.lower()), None)


def _periods(name: str) -> Iterator[_Period]:
    for pattern, groups in _SPELLINGS:
        for match in re.finditer(pattern, name):
            parts = {name: part for name, part in zip(groups, match.groups(), strict=True) if part}
            period = _period(parts)
            if period is not None:
                yield period


def _period(parts: dict[str, str]) -> _Period | None:
    year = int(parts["y"]) + (2000 if len(parts["y"]) == 2 else 0)
    try:
        if "w" in parts:
            return _days(datetime.date.fromisocalendar(year, int(parts["w"]), 1), 7)
        if "d" in parts:
            return replace(_days(datetime.date(year, int(parts["m"]), int(parts["d"])), 1), clock=_clock(parts))
    except ValueError:  # no such day or week: the digits mean something else
        return None
    if "q" in parts:
        return _months(year, 3 * int(parts["q"]) - 2, 3)
    if "o" in parts:
        return _months(year, 6 * int(parts["o"]) - 5, 6)
    if "b" in parts:
        return _months(year, month_names()[parts["b"]], 1)
    return _months(year, int(parts["m"]), 1) if "m" in parts else _months(year, 1, 12)


def _clock(parts: dict[str, str]) -> datetime.time | None:
    return datetime.time(int(parts["h"]), int(parts["s"]), int(parts.get("t", 0))) if "h" in parts else None


def _days(first: datetime.date, days: int) -> _Period:
    return _Period(first, first + datetime.timedelta(days=days - 1))


def _months(year: int, first: int, months: int) -> _Period:
    after = year * 12 + first - 1 + months
    end = datetime.date(after // 12, after % 12 + 1, 1) - datetime.timedelta(days=1)
    return _Period(datetime.date(year, first, 1), end)


def older_content_question(table: str, file_name: str, live_file_name: str) -> Question | None:
    """Asks about a full load whose file name states an earlier period than the live file's name.

    None where either name states no period, or where the periods are equal or in order. A period within the
    other (``2024`` and ``20241201``) is not earlier. Files of one day are compared by the times in their names, files
    without a period by their versions (``rates_v2`` after ``rates_v3``).
    """
    ages = _earlier_period(file_name, live_file_name) or _earlier_version(file_name, live_file_name)
    if ages is None:
        return None
    load = Choice(
        "load", "Load the older file", f"{table} gets the rows of {file_name}; the newer ones are kept as a version."
    )
    return Question(
        QuestionKind.OLDER_CONTENT,
        table,
        f"{file_name} is older than {live_file_name}, which is live. Replace it?",
        (
            f"{file_name} is {ages[0]}.",
            f"{live_file_name}, whose rows are live, is {ages[1]}.",
        ),
        (load, REFUSE),
    )


def older_days(columns: Sequence[str], new: Sequence[object], live: Sequence[object]) -> str:
    """The warning about a full load whose latest days are all earlier than those of the table, ``""`` for none.

    Names of files need not have dates, but rows have; one day that is as late shows that the file is not an old one.

    >>> older_days(["day"], ["2024-10-31"], ["2024-11-30"])
    'The latest day in the file is 2024-10-31, in the rows that it replaced 2024-11-30: an older file? (column: day)'
    >>> older_days(["day", "until"], ["2024-10-31", "9999-12-31"], ["2024-11-30", "9999-12-31"])
    ''
    """
    both = [(name, str(one), str(other)) for name, one, other in zip(columns, new, live, strict=True) if one and other]
    if not both or any(one >= other for _, one, other in both):
        return ""
    name, one, other = both[0]
    return f"The latest day in the file is {one}, in the rows that it replaced {other}: an older file? (column: {name})"


def _earlier_period(file_name: str, live_file_name: str) -> tuple[str, str] | None:
    new, live = period_of(file_name), period_of(live_file_name)
    if new is None or live is None or not new.precedes(live):
        return None
    return f"dated {_spelled(new)}", f"dated {_spelled(live)}"


def _earlier_version(file_name: str, live_file_name: str) -> tuple[str, str] | None:
    """The versions of two files whose names are the same otherwise, if the first is the lower one."""
    new, live = _VERSION.findall(file_name.lower()), _VERSION.findall(live_file_name.lower())
    names = lasting_words(_VERSION.sub("", file_name.lower())), lasting_words(_VERSION.sub("", live_file_name.lower()))
    if len(new) != 1 or len(live) != 1 or names[0] != names[1]:
        return None
    earlier = [int(part) for part in new[0].split(".")] < [int(part) for part in live[0].split(".")]
    return (f"version {new[0]}", f"version {live[0]}") if earlier else None


def _spelled(period: _Period) -> str:
    first, last = period.first.isoformat(), period.last.isoformat()
    if period.clock is not None:
        return f"{first} {period.clock.isoformat()}"
    return first if first == last else f"{first} to {last}"
