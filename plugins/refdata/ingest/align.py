"""Second step: wait for the table's turn, then give the table the file's columns."""

from __future__ import annotations

from refdata.contracts.files import declared
from refdata.core import alignment, contractchecks
from refdata.core.alignment import Alignment
from refdata.core.columnwarnings import column_warnings
from refdata.core.contract import Contract
from refdata.core.emptycolumns import with_optional_empty
from refdata.core.loadstates import DONE
from refdata.core.model import DroppedFile, Load, Table
from refdata.ingest.asking import require_answers
from refdata.ingest.classing import with_table_class
from refdata.ingest.context import Deps, Detection, on_one_connection
from refdata.ingest.doubting import questions_of_columns, questions_of_header
from refdata.ingest.keying import align_key
from refdata.ingest.memory import contract_for
from refdata.ingest.planning import apply_alignment, check_empty, marked_duplicate, plan_alignment
from refdata.ingest.turn import holding_turn, row_of, sweep_stages, take_turn

HELD = "held: a person is asked"


@on_one_connection
def align_table(deps: Deps, file: DroppedFile, detection: Detection) -> str:
    """Takes the turn and aligns the table; returns a description of what was done.

    A file whose content is already in the table is marked as a duplicate, and the table is left unchanged.

    :raises NotYetError: when an older file for the table goes first.
    :raises SchemaError: when the file does not fit the table.
    """
    row = row_of(deps, detection)
    if row.status in DONE:
        return f"load {row.id} is already {row.status}"
    attempt = take_turn(deps, file, row)
    with holding_turn(deps, row, attempt):
        return _align(deps, file, row, detection, attempt)


def _align(deps: Deps, file: DroppedFile, row: Load, detection: Detection, attempt: int) -> str:
    row = with_table_class(deps, file, row, attempt)
    live = deps.warehouse.table(deps.target(row))
    if (earlier := marked_duplicate(deps, row, attempt, live)) is not None:
        return f"duplicate of load {earlier}: this content is already in {row.table_name}"
    sweep_stages(deps, row)
    contract = contract_for(deps, row)
    live = with_optional_empty(live, contract, detection.scan.columns)
    if not require_answers(deps, row, attempt, questions_of_header(deps, row, detection, contract, live)):
        return HELD
    plan = plan_alignment(deps, row, detection, contract, live)
    findings = contractchecks.findings(contract, live, detection.scan.columns, plan)
    questions = questions_of_columns(deps, file, row, detection, contract, live, findings)
    if not require_answers(deps, row, attempt, questions):
        return HELD
    check_empty(deps, row, detection)
    _warn(deps, row, detection, live, contract, plan, findings)
    apply_alignment(deps, row, plan)
    change = align_key(deps, row, contract, plan)
    return "; ".join(filter(None, (alignment.describe(plan), change.done)))


def _warn(
    deps: Deps,
    row: Load,
    detection: Detection,
    live: Table | None,
    contract: Contract,
    plan: Alignment,
    findings: tuple[contractchecks.Finding, ...],
) -> None:
    """Warns in the ledger, once, about columns that a spreadsheet seems to have changed and what policies let pass."""
    warnings = column_warnings(live, detection.scan.columns, contract, findings, plan)
    if plan.changes and (risk := deps.warehouse.capabilities.row_warning(alignment.backup_columns(plan.columns))):
        warnings += (risk,)
    warnings += declared(deps.settings, row.table_name).contradictions
    new = tuple(warning for warning in warnings if warning not in row.warnings)
    if new:
        deps.log.warning("%s", " ".join(new))
        deps.ledger.add_warnings(row, new)
