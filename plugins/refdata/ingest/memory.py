"""A table's memory of its files, in the form that the steps of a load use."""

from __future__ import annotations

from dataclasses import replace

from refdata.contractstore import ContractStore
from refdata.core.alignment import Alignment, own_columns
from refdata.core.columnmatch import ColumnMatch, KnownColumn, match_columns
from refdata.core.contract import Contract, Origin
from refdata.core.contractlayers import merge
from refdata.core.contractterms import Layer, OnMissingColumn, OnTypeChange, QuestionKind
from refdata.core.doubts.positions import fields_answer
from refdata.core.doubts.swaps import exchanged
from refdata.core.filemodel import Format
from refdata.core.learning import learned, remembered, without_answers
from refdata.core.model import Column, Load, LoadType, Table
from refdata.core.naming import fold_name
from refdata.core.settings import Settings
from refdata.ingest.context import Deps, Detection
from refdata.questionlog import QuestionLog


def contract_of(deps: Deps, table: str) -> Contract:
    """The declared facts about a table, then the answers that it keeps, then what its loads showed.

    :raises ConfigurationError: when the table's contract file is wrong.
    """
    kept, taught = QuestionLog(deps.warehouse).kept_patches(table), ContractStore(deps.warehouse).learned(table)
    return merge(deps.contract(table), *kept, *((taught,) if taught else ()))


def contract_in_force(deps: Deps, table: str) -> Contract:
    """``contract_of`` with what the settings say about values that are not of their column's type."""
    setting = Contract(table=table, on_type_change=OnTypeChange(deps.settings.on_type_change))
    return merge(contract_of(deps, table), setting)


def contract_for(deps: Deps, row: Load) -> Contract:
    """The contract that applies while a file is loaded: the answers given for this load come first.

    After them come the declared facts, the answers that the table keeps, the facts learned from its loads, and last the
    policies of the settings. An append adds rows beside the others, so a column that it lacks is not a reason to ask.

    :raises ConfigurationError: when the table's contract file is wrong.
    """
    with deps.warehouse.transaction(write=False) as session:
        own, kept = QuestionLog(deps.warehouse).patches_in(session, row.table_name, row.id)
        taught = ContractStore(deps.warehouse).learned_in(session, row.table_name)
    declared = replace(deps.contract(row.table_name), table=row.table_name)
    layers = (*own, declared, *kept, *((taught,) if taught else ()), _policies(deps.settings, row))
    return merge(*layers)


def _policies(settings: Settings, row: Load) -> Contract:
    missing = OnMissingColumn(settings.on_missing_column)
    if row.load_type is LoadType.APPEND and missing is OnMissingColumn.HOLD:
        missing = OnMissingColumn.NULL
    return Contract(
        table=row.table_name, on_missing_column=missing, on_type_change=OnTypeChange(settings.on_type_change)
    )


def column_match(fmt: Format, live: Table | None, contract: Contract) -> ColumnMatch:
    """Matches each field of the file to a column of the table; ambiguous headers are asked about later."""
    header = fmt.header if fmt.has_header else tuple(f"column_{at + 1}" for at in range(len(fmt.header)))
    match = match_columns(header, known_columns(live, contract))
    return replace(match, names=exchanged(match.names, contract))


def places_unknown(fmt: Format, live: Table | None, contract: Contract) -> bool:
    """Whether a file without a header has other fields than its table's files, and no answer states which they are."""
    if fmt.has_header or live is None:
        return False
    answered = contract.answer(QuestionKind.FORMAT_UNSURE, fields_answer(len(fmt.header)))
    match = column_match(fmt, live, contract)
    return answered is None and bool(match.new or match.missing)


def columns_in_file_order(live: Table, contract: Contract) -> tuple[Column, ...]:
    """The table's columns in the order in which its latest file had them; those of earlier files follow."""
    order = {fold_name(column.name): at for at, column in enumerate(contract.fields)}
    return tuple(sorted(own_columns(live), key=lambda column: order.get(fold_name(column.name), len(order))))


def known_columns(live: Table | None, contract: Contract) -> tuple[KnownColumn, ...]:
    """The columns of the live table, each with the headers that its files have used; then the declared ones."""
    names = [column.name for column in own_columns(live)] if live else []
    there = {fold_name(name) for name in names}
    names += [column.name for column in contract.fields if fold_name(column.name) not in there]
    headers = {name: contract.column(name) for name in names}
    return tuple(
        KnownColumn(name, tuple(one.text for one in fact.headers) if fact else ()) for name, fact in headers.items()
    )


def learned_by(deps: Deps, row: Load, detection: Detection, plan: Alignment, contract: Contract) -> Contract:
    """The facts about the table's files after this load is published.

    :param contract: the one that the load was read with.
    """
    origin = Origin(Layer.LEARNED, row.file_name, load_id=row.id)
    new = learned(row.table_name, detection.format, detection.scan.columns, plan.columns, origin)
    return remembered(without_answers(new, contract), ContractStore(deps.warehouse).learned(row.table_name))
