"""The change gate: whether a full load changes more of a table than allowed without approval. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from refdata.core.tablediff import TableDiff
from refdata.core.tablerules import TableRules


def exceeded(diff: TableDiff, rules: TableRules) -> tuple[str, ...]:
    """One sentence per limit of the gate that the change exceeds; empty when no approval is needed.

    ``gate_keys_vanished`` limits the rows whose key is gone, where rows are matched by keys; ``gate_rows_removed``
    limits the same. Where whole rows are compared, the latter limits the rows by which the table shrinks, and
    ``gate_rows_changed`` the replaced ones: as many as were both removed and added.
    """
    return tuple(_faults(diff, rules))


def _faults(diff: TableDiff, rules: TableRules) -> Iterator[str]:
    removed = diff.removed if diff.keys else max(diff.rows_before - diff.rows_after, 0)
    changed = diff.changed if diff.keys else min(diff.removed, diff.added)
    vanished = diff.removed if diff.keys else 0
    measures = (
        ("rows would be removed", removed, rules.gate_rows_removed, "gate_rows_removed"),
        ("rows would be changed", changed, rules.gate_rows_changed, "gate_rows_changed"),
        (f"keys ({', '.join(diff.keys)}) would vanish", vanished, rules.gate_keys_vanished, "gate_keys_vanished"),
    )
    for what, count, limit, name in measures:
        if limit and count > allowed(limit, diff.rows_before):
            share = f" ({count / diff.rows_before:.1%})" if diff.rows_before else ""
            yield f"{count:,} of {diff.rows_before:,} {what}{share}; {name} allows {limit}."


def allowed(limit: str, rows: int) -> float:
    """The number of rows that a limit allows out of ``rows`` live ones."""
    return rows * float(limit[:-1]) / 100 if limit.endswith("%") else float(limit)
