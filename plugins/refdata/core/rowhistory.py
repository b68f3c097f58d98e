"""What happened to one row in the versions of its table. Pure: from the rows of each version to the changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from refdata.core.versions import Version

RowTexts = tuple[str | None, ...]
"""A row's values as text, None for NULL."""


class RowChange(StrEnum):
    """What a version did to a row."""

    OLDEST = "oldest"
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RowStep:
    """A version that changed a row, and its values then: one row of texts, several where rows repeat, none after it
    was removed. ``UNKNOWN``: the version's rows were deleted by retention; ``OLDEST``: the first one still kept.
    """

    version: Version
    change: RowChange
    rows: tuple[RowTexts, ...]


def row_steps(versions: Sequence[Version], rows: Mapping[int, Sequence[RowTexts]]) -> tuple[RowStep, ...]:
    """The versions that changed a row, newest first; those that left it as it was are not among them.

    :param versions: newest first.
    :param rows: the row in each version that is kept, by the version's number; no entry where it was absent.
    """
    steps: list[RowStep] = []
    before: tuple[RowTexts, ...] | None = None
    for version in reversed(versions):
        if not version.is_kept:
            steps.append(RowStep(version, RowChange.UNKNOWN, ()))
            before = None
            continue
        now = tuple(sorted(rows.get(version.version, ()), key=str))
        change = _change(before, now)
        if change is not None:
            steps.append(RowStep(version, change, now))
        before = now
    return tuple(reversed(steps))


def _change(before: Sequence[RowTexts] | None, now: Sequence[RowTexts]) -> RowChange | None:
    if before is None:
        return RowChange.OLDEST if now else None
    if before == now:
        return None
    if not before:
        return RowChange.ADDED
    return RowChange.CHANGED if now else RowChange.REMOVED
