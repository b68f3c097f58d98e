"""Queries about a table's contract: what is known, what would happen to a file, what differs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from refdata.closedstore import ClosedStore
from refdata.contracts.facts import shown
from refdata.contracts.files import declared
from refdata.core import alignment, contractchecks, keyrules
from refdata.core.alignment import Alignment, own_columns
from refdata.core.closedtables import current_name, require_open
from refdata.core.columnwarnings import column_warnings
from refdata.core.contract import Contract, Facts, FieldContract, Origin
from refdata.core.contractchecks import Action, Finding
from refdata.core.contractlayers import merge, with_origin
from refdata.core.contractterms import Layer
from refdata.core.emptycolumns import with_optional_empty
from refdata.core.errors import DataError, FormatError, RefdataError, be
from refdata.core.filemodel import Format, ScannedColumn
from refdata.core.learning import FIELD_TYPES, STORED_AS, learned
from refdata.core.model import Column, Table
from refdata.core.naming import fold_name
from refdata.core.owntables import own_tables
from refdata.core.sqltypes import TypeKind, covers
from refdata.core.tablenames import table_name
from refdata.ingest.context import Deps
from refdata.ingest.detect import read_format, scan_file
from refdata.ingest.doubting import about_layout
from refdata.ingest.memory import contract_in_force, contract_of
from refdata.ingest.planning import plan_for

_LIVE = Origin(Layer.DETECTED, "the live table")


@dataclass(frozen=True, slots=True)
class ContractCheck:
    """The result of checking a file against its table's contract; nothing was changed.

    ``action`` is ``load``, ``warn`` (it loads, with warnings), ``hold`` or ``refuse``. ``refused`` says why the file
    would be refused before its columns could be compared, ``""`` otherwise. ``changes`` says what the table
    would get, ``findings`` where file, table and contract differ, ``warnings`` what the ledger would warn about.
    ``rejects`` are the first rejected rows by line and reason, if the contract has rules on values; ``unchecked``
    says what only a load can check. Steps that did not happen leave ``format`` None and ``columns`` empty.
    """

    table: str
    action: Action
    refused: str = ""
    format: Format | None = None
    columns: tuple[ScannedColumn, ...] = ()
    rows: int = 0
    rejected: int = 0
    changes: str = ""
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()
    unchecked: str = ""


@dataclass(frozen=True, slots=True)
class ContractDifference:
    """One fact in which the contract file differs from the table or from its files.

    ``declared`` and ``actual`` are texts, ``""`` where one side has none; ``origin`` is where ``actual`` comes from.
    """

    key: str
    declared: str
    actual: str
    origin: Origin


def table_of_file(deps: Deps, file: Path) -> str:
    """The table that a file of this name loads."""
    return current_name(ClosedStore(deps.warehouse).all(), table_name(file.name, reserved=own_tables(deps.settings)))


def full_contract(deps: Deps, table: str) -> Contract:
    """Everything known about a table: declared, learned, and finally the columns of the live table.

    :raises DataError: when there is neither a table nor a contract of that name.
    :raises ConfigurationError: when the contract file is wrong.
    """
    known, live = contract_of(deps, table), deps.warehouse.table(deps.live(table))
    if live is None and known == Contract(table=table):
        raise DataError(
            f"There is neither a table {table} nor a contract for it",
            where=str(deps.live(table)),
            advice="Check `refdata tables`, or create one with `refdata contract init`.",
        )
    return merge(known, live_contract(live)) if live else known


def live_contract(live: Table) -> Contract:
    """The contract that a live table implies: its columns and their types."""
    columns = tuple(
        FieldContract(name=column.name, type=FIELD_TYPES[column.type.kind], sql_type=column.type)
        for column in own_columns(live)
    )
    return with_origin(Contract(table=live.name.name, fields=columns), _LIVE)


def contract_from_file(deps: Deps, file: Path, table: str) -> tuple[Contract, tuple[str, ...]]:
    """The facts that a file shows about a table's files, and a column that identifies its rows, if there is one.

    Every row is read.

    :raises FormatError: when it cannot be read safely as CSV.
    """
    from refdata.preview import distinct_columns

    contract, live = contract_of(deps, table), deps.warehouse.table(deps.live(table))
    fmt = _read(deps, file, contract, live)
    if fmt.doubt is not None:
        raise FormatError(fmt.doubt.what, where=str(file), advice=fmt.doubt.advice)
    scanned = scan_file(file, fmt, contract, live).columns
    columns = [Column(column.name, column.type) for column in scanned if column.type]
    shows = learned(table, fmt, scanned, columns, Origin(Layer.DETECTED, file.name))
    return shows, distinct_columns(file, fmt, scanned)[:1]


def check_file(deps: Deps, file: Path, table: str) -> ContractCheck:
    """Checks what would happen to a file if it were dropped for a table; only reads the database."""
    done = ContractCheck(table, Action.LOAD)
    try:
        require_open(ClosedStore(deps.warehouse).all(), table)
        done = replace(done, warnings=declared(deps.settings, table).contradictions)
        return _checked(deps, file, done)
    except RefdataError as error:
        return replace(done, action=Action.REFUSE, refused=str(error))


def _checked(deps: Deps, file: Path, done: ContractCheck) -> ContractCheck:
    table = done.table
    contract = contract_in_force(deps, table)
    live = deps.warehouse.table(deps.live(table))
    fmt = _read(deps, file, contract, live)
    scanned = scan_file(file, fmt, contract, live)
    live = with_optional_empty(live, contract, scanned.columns)
    done = replace(
        done, format=fmt, columns=scanned.columns, rows=scanned.rows, rejected=scanned.rejected,
        warnings=(*done.warnings, *scanned.warnings),
    )  # fmt: skip
    if fmt.doubt is not None:
        return replace(done, action=Action.HOLD, warnings=(*done.warnings, f"{fmt.doubt.what}; a person is asked."))
    if live is not None and (asked := tuple(about_layout(deps, file.name, scanned.columns, contract, live))):
        return replace(done, action=Action.HOLD, warnings=(*done.warnings, f"{asked[0].subject} A person is asked."))
    refused = _damaged(deps, done)
    try:
        plan = plan_for(deps, table, scanned.columns, contract, live)
    except RefdataError as error:
        return replace(done, action=Action.REFUSE, refused=refused or str(error))
    differing = contractchecks.findings(contract, live, scanned.columns, plan)
    warned = column_warnings(live, scanned.columns, contract, differing, plan)
    done = replace(done, changes=alignment.describe(plan), findings=differing, warnings=(*done.warnings, *warned))
    if not refused:
        done, refused = _held_to_rules(deps, file, done, plan)
    return _judged(done, refused)


def _held_to_rules(deps: Deps, file: Path, done: ContractCheck, plan: Alignment) -> tuple[ContractCheck, str]:
    """Applies the contract's rules to the file's rows; also returns why it is refused, if it is."""
    from refdata.preview import kept_rules

    contract = deps.contract(done.table)
    if done.format is None or not any(column.constraints for column in contract.fields):
        return replace(done, unchecked=_unchecked(contract)), ""
    kept = kept_rules(file, done.format, contract, plan.read)
    rejects = tuple(f"line {reject.line}: {reject.reason}" for reject in kept.first)
    done = replace(
        done, rejected=kept.rejected, rows=done.rows + done.rejected - kept.rejected, rejects=rejects,
        warnings=(*done.warnings, *kept.warnings), unchecked=_unchecked(contract),
    )  # fmt: skip
    return done, _damaged(deps, done)


def _unchecked(contract: Contract) -> str:
    """The rules that only the database can check, because they compare rows with each other and with other tables."""
    asked = keyrules.has_key_rules(contract)
    return "Keys and references are checked when the file is loaded" if asked else ""


def _judged(done: ContractCheck, refused: str) -> ContractCheck:
    actions = [one.action for one in done.findings]
    worst = next((one for one in (Action.REFUSE, Action.HOLD) if one in actions), None)
    lightest = Action.WARN if done.warnings else Action.LOAD
    return replace(done, refused=refused, action=Action.REFUSE if refused else worst or lightest)


def _damaged(deps: Deps, done: ContractCheck) -> str:
    allowed = deps.rules(done.table).max_rejected_rows
    if done.rejected > allowed or (done.rejected and not done.rows):
        also = f" or break{'s' if done.rejected == 1 else ''} a rule" if done.rejects else ""
        rows = f"{done.rejected} of {done.rows + done.rejected} rows {be(done.rejected)}"
        return f"{rows} damaged{also}; {allowed} {be(allowed)} allowed"
    return ""


def _read(deps: Deps, file: Path, contract: Contract, live: Table | None) -> Format:
    if not file.is_file():
        raise FormatError("There is no such file", where=str(file), advice="Check the path.")
    return read_format(deps, file, contract, live)


def differences(deps: Deps, table: str) -> tuple[ContractDifference, ...]:
    """Where the contract file differs from the table or from what its loads showed; empty if nowhere.

    :raises DataError: when the table has neither been loaded nor has a contract.
    :raises ConfigurationError: when the contract file is wrong.
    """
    full_contract(deps, table)
    said, live = deps.contract(table), deps.warehouse.table(deps.live(table))
    shown_by_loads = contract_of_loads(deps, table)
    different = [*_differing_facts(said, shown_by_loads)]
    if live is not None:
        different += _differing_columns(said, live)
    return tuple(different)


def contract_of_loads(deps: Deps, table: str) -> Contract:
    """The facts that loads showed about a table, without declared ones."""
    from refdata.contractstore import ContractStore

    return ContractStore(deps.warehouse).learned(table) or Contract(table=table)


def _differing_facts(said: Contract, seen: Contract) -> list[ContractDifference]:
    pairs: list[tuple[str, str, Facts, Facts]] = [("encoding", "encoding", said, seen)]
    dialect = {"delimiter": "delimiter", "quoteChar": "quote_char", "header": "header"}
    pairs += [(f"dialect.{key}", name, said.dialect, seen.dialect) for key, name in dialect.items()]
    different = []
    for key, name, ours, theirs in pairs:
        first, second = getattr(ours, name), getattr(theirs, name)
        if first is not None and second is not None and first != second:
            different.append(ContractDifference(key, shown(first), shown(second), theirs.origin(name) or _LIVE))
    return different


def _differing_columns(said: Contract, live: Table) -> list[ContractDifference]:
    different = []
    names = {fold_name(column.name) for column in said.fields}
    for column in said.fields:
        there = live.column(column.name)
        key = f"schema.fields.{column.name}"
        if there is None:
            different.append(ContractDifference(key, "declared", "", _LIVE))
        elif wanted := _other_type(column, there):
            different.append(ContractDifference(f"{key}.type", wanted, there.type_name, _LIVE))
    if names:
        different += [ContractDifference(f"schema.fields.{column.name}", "", "in the table", _LIVE)
                  for column in own_columns(live) if fold_name(column.name) not in names]  # fmt: skip
    keys = [name for name in said.primary_key or () if live.column(name) is None]
    return different + [ContractDifference("schema.primaryKey", name, "", _LIVE) for name in keys]


def _other_type(column: FieldContract, there: Column) -> str:
    """The declared type where the live column has another type; ``""`` where it can store the declared one."""
    if column.sql_type:
        return "" if covers(there.holds, column.sql_type) else str(column.sql_type)
    if column.type is None:
        return ""
    return "" if there.type.kind in STORED_AS.get(column.type, {TypeKind.NVARCHAR}) else str(column.type)
