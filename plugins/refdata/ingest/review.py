"""The change gate of a load: compare the staged rows with the live ones, hold the load, take the answer.

A held load keeps its table's turn (status ``review``) and its stage, from which the reviewer is shown rows. When the
answer arrives, the file, which is still in the dropoff folder, is checked for changes, staged again and compared again.
Only what the reviewer saw is published. The question itself contains counts but no rows, because Airflow stores it.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core import publishing
from refdata.core.alignment import Alignment
from refdata.core.diffreport import as_markdown
from refdata.core.errors import DataError, FileChangedError, HeldError, RejectedError
from refdata.core.gate import exceeded
from refdata.core.model import Column, FileStatus, Load, LoadType, Stage
from refdata.core.publishing import qualified
from refdata.core.tablediff import SAMPLE, Rows, TableDiff
from refdata.core.versions import live_version
from refdata.ingest.context import Deps
from refdata.versioning.comparing import compare

MARKED = "somebody in Airflow"
"""Who rejected a load by marking its task; Airflow's audit log has the name but does not show it to tasks."""


@dataclass(frozen=True, slots=True)
class Held:
    """A load that waits for approval; ``facts`` are what the reviewer decides on. It contains no row values.

    Unanswered after ``timeout`` seconds it is approved or rejected, as ``default`` says.
    """

    load_id: int
    subject: str
    body: str
    facts: dict[str, int]
    timeout: float
    default: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the question: who decided what. ``facts`` are those of the ``Held`` that it answers."""

    approved: bool
    by: str
    reason: str
    facts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval given in advance: whatever the load changes is wanted. ``by`` and ``reason`` are audited."""

    by: str
    reason: str


def examine(deps: Deps, row: Load, stage: Stage, plan: Alignment) -> Held | None:
    """The question that the staged rows raise, or None when the change is within the table's limits."""
    rules = deps.rules(row.table_name)
    if plan.create or not rules.gate or not row.is_reference_data or row.load_type is not LoadType.FULL:
        return None
    difference = _compare_planned(deps, row, stage, plan)
    reasons = exceeded(difference, rules)
    deps.log.info("Gate: %s added, %s removed, %s changed", difference.added, difference.removed, difference.changed)
    if not reasons:
        return None
    # Lists shorten the subject; the body gives each reason in full.
    subject = f"Publish {row.file_name} to {row.table_name}? {reasons[0].partition(';')[0]}."
    facts = _facts(deps, row, difference)
    return Held(row.id, subject, as_markdown(difference, reasons), facts, rules.gate_timeout, rules.gate_default)


def compare_held(deps: Deps, load_id: int) -> TableDiff:
    """The changes that a held load would make to the live rows, with some of those rows.

    :raises DataError: when no such load is waiting.
    """
    row = deps.ledger.get(load_id)
    stage = Stage(deps.target(row), row.id, row.attempt) if row and row.status is FileStatus.REVIEW else None
    staged = deps.warehouse.staged(stage) if stage else None
    if row is None or stage is None or staged is None:
        raise DataError(
            f"Load {load_id} is not waiting for approval",
            where="ledger",
            advice="`refdata history --status review` lists those that are.",
        )
    return compare_staged(deps, row, stage, staged.columns)


def _compare_planned(deps: Deps, row: Load, stage: Stage, plan: Alignment) -> TableDiff:
    columns = tuple(Column(column.name, column.type) for column in plan.read)
    return compare_staged(deps, row, stage, columns)


def compare_staged(deps: Deps, row: Load, stage: Stage, columns: tuple[Column, ...]) -> TableDiff:
    """The changes that a full load of the staged rows would make to the live ones."""
    live = deps.warehouse.table(deps.target(row))
    with deps.warehouse.reading_stage(stage) as (session, source):
        theirs = Rows(source, columns)
        ours = Rows(qualified(live.name), live.columns) if live else dataclasses.replace(theirs, where="1 = 0")
        if live and not session.query(publishing.has_rows(live.name).sql)[0][0]:
            ours = dataclasses.replace(ours, where="1 = 0")
        keys = deps.rules(row.table_name).keys
        difference = compare(session, deps.warehouse.capabilities, ours, theirs, keys, row.table_name, sample=SAMPLE)
    return dataclasses.replace(difference, before="live", after=row.file_name)


def _facts(deps: Deps, row: Load, difference: TableDiff) -> dict[str, int]:
    live = live_version(deps.ledger.versions(row.table_name))
    counts = {"rows_before": difference.rows_before, "rows_after": difference.rows_after}
    kinds = {"added": difference.added, "removed": difference.removed, "changed": difference.changed}
    return {**counts, **kinds, "live_version": live, "shown_rows": _digest(difference)}


def _digest(difference: TableDiff) -> int:
    """A number for the rows that a reviewer can see and each column's changes, because a hand edit changes no count.

    It has 48 bits, which JSON keeps everywhere; it reveals no value.
    """
    seen = (difference.column_changes, difference.changed_sample, difference.removed_sample, difference.added_sample)
    return int.from_bytes(hashlib.sha256(repr(seen).encode()).digest()[:6], "big")


def hold(deps: Deps, row: Load, attempt: int) -> None:
    """Makes the load wait, with its table's turn, for as long as it takes.

    :raises SupersededError: when another attempt has the load.
    """
    deps.ledger.hold_for_review(row.id, attempt, deps.clock())


def reject_by_hand(deps: Deps, row: Load) -> RejectedError:
    """The rejection that follows from marking the waiting task failed instead of answering; recorded once."""
    answer = Answer(approved=False, by=MARKED, reason="its task review was marked failed", facts={})
    try:
        require_approval(deps, row, answer)
    except RejectedError as error:
        return error
    raise AssertionError(answer)  # a rejection always raises


def require_approval_beforehand(
    deps: Deps, row: Load, stage: Stage, plan: Alignment, approval: Approval | None
) -> None:
    """Lets a load within the limits pass; one beyond them needs an approval, which is recorded.

    :raises HeldError: when it needs an approval and has none.
    """
    held = examine(deps, row, stage, plan)
    if held is None:
        return
    if approval is None:
        raise HeldError(
            held.subject,
            where=row.file_path,
            advice="Look at the file. If the change is wanted, load it with an approval (`--approve REASON`),"
            " or leave it to refdata_watch: Airflow then asks for approval.",
        )
    require_approval(deps, row, Answer(approved=True, by=approval.by, reason=approval.reason, facts=held.facts))


def require_approval(deps: Deps, row: Load, answer: Answer) -> None:
    """Records the answer once, and stops a load that was rejected.

    :raises RejectedError: with the reviewer's reason.
    """
    action = AuditAction.APPROVE if answer.approved else AuditAction.REJECT
    trail = AuditTrail(deps.warehouse)
    known = trail.entries(row.table_name, limit=100)
    said = (row.id, action, answer.by, answer.reason or None)
    if said not in [(entry.load_id, entry.action, entry.actor, entry.reason or None) for entry in known]:
        entry = AuditEntry(
            deps.clock(), action, answer.by, row.table_name, row.id, subject=row.file_name, reason=answer.reason,
            detail=answer.facts,
        )  # fmt: skip
        trail.record(entry)
    if not answer.approved:
        raise RejectedError(
            f"{answer.by} rejected the load: {answer.reason or 'no reason was given'}",
            where=row.file_name,
            advice="Ask the reviewer; drop the corrected file again. The table is unchanged.",
        )


def require_same(deps: Deps, row: Load, stage: Stage, plan: Alignment, answer: Answer) -> None:
    """Checks that what is about to be published is what the reviewer saw.

    :raises FileChangedError: when the table has changed; the watcher offers the file again for a new review.
    """
    now = _facts(deps, row, _compare_planned(deps, row, stage, plan))
    if now != answer.facts:
        raise FileChangedError(
            f"The table changed while the load waited for approval: {_changes(answer.facts, now)}",
            where=row.table_name,
            advice="Nothing: the file is offered again, and the change gets a new review.",
        )


def _changes(then: dict[str, int], now: dict[str, int]) -> str:
    apart = [name for name in now if now[name] != then.get(name) and name != "shown_rows"]
    changes = (f"{name.replace('_', ' ')} {then.get(name)} then, {now[name]} now" for name in apart)
    return ", ".join(changes) or "the same number of rows differs, but not the same rows"
