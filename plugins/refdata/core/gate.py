"""The change gate: whether a full load changes more of a table than allowed without approval. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from refdata.core.tablediff import TableDiff


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may change without approval, each written as in ``settings.LIMIT``.

    ``keys_vanished`` counts rows whose key is gone, where rows are matched by keys. ``rows_removed`` counts the same;
    where whole rows are compared, it is the number of rows by which the table shrinks, and ``rows_changed`` is the
    number of replaced rows: as many as were both removed and added.
    """

    rows_removed: str = ""
    rows_changed: str = ""
    keys_vanished: str = ""


def exceeded(diff: TableDiff, limits: Limits) -> tuple[str, ...]:
    """One sentence per limit that the change exceeds; empty when no approval is needed."""
    return tuple(_faults(diff, limits))


def _faults(diff: TableDiff, limits: Limits) -> Iterator[str]:
    removed = diff.removed if diff.keys else max(diff.rows_before - diff.rows_after, 0)
    changed = diff.changed if diff.keys else min(diff.removed, diff.added)
    vanished = diff.removed if diff.keys else 0
    measures = (
        ("rows would be removed", removed, limits.rows_removed, "gate_rows_removed"),
        ("rows would be changed", changed, limits.rows_changed, "gate_rows_changed"),
        (f"keys ({', '.join(diff.keys)}) would vanish", vanished, limits.keys_vanished, "gate_keys_vanished"),
    )
    for what, count, limit, name in measures:
        if limit and count > allowed(limit, diff.rows_before):
            share = f" ({count / diff.rows_before:.1%})" if diff.rows_before else ""
            yield f"{count:,} of {diff.rows_before:,} {what}{share}; {name} allows {limit}."


def allowed(limit: str, rows: int) -> float:
    """The number of rows that a limit allows out of ``rows`` live ones."""
    return rows * float(limit[:-1]) / 100 if limit.endswith("%") else float(limit)
