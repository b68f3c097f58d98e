"""What happened to a row, from its values in each version."""

from __future__ import annotations

import pytest

from refdata.core.model import LoadType
from refdata.core.rowhistory import RowTexts, row_steps
from refdata.core.versions import Version


def version(number: int, *, kept: bool = True) -> Version:
    return Version(number, LoadType.FULL, number, f"{number}.csv", None, None, 1, is_live=False, is_kept=kept)


A, B = ("a",), ("b",)


@pytest.mark.parametrize(
    ("rows", "lost", "steps"),
    [
        ({}, (), []),
        ({1: [A], 2: [A], 3: [A]}, (), [("oldest", 1)]),
        ({2: [A], 3: [A]}, (), [("added", 2)]),
        ({1: [A], 2: [B], 3: [B]}, (), [("changed", 2), ("oldest", 1)]),
        ({1: [A], 3: [A]}, (), [("added", 3), ("removed", 2), ("oldest", 1)]),
        ({1: [A, B], 2: [B, A], 3: [A]}, (), [("changed", 3), ("oldest", 1)]),
        # What a deleted version contained is not known, so the next kept one is the oldest.
        ({3: [A]}, (1, 2), [("oldest", 3), ("unknown", 2), ("unknown", 1)]),
        ({1: [A], 3: [A]}, (2,), [("oldest", 3), ("unknown", 2), ("oldest", 1)]),
    ],
)
def test_the_versions_that_changed_a_row(
    rows: dict[int, list[RowTexts]], lost: tuple[int, ...], steps: list[tuple[str, int]]
) -> None:
    versions = [version(number, kept=number not in lost) for number in (3, 2, 1)]
    assert [(step.change.value, step.version.version) for step in row_steps(versions, rows)] == steps
