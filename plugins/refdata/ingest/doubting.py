"""Gathers the evidence for questions: a file's columns, name and rows against those of the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from refdata.core import matching
from refdata.core.alignment import own_columns
from refdata.core.columnreadings import known_notation, known_readings
from refdata.core.contract import Contract
from refdata.core.contractchecks import Action, Finding, FindingKind
from refdata.core.contractterms import OnMissingColumn
from refdata.core.doubts.columns import missing_question, new_column_question, renamings, undecided_question
from refdata.core.doubts.formats import format_question
from refdata.core.doubts.layout import layout_question
from refdata.core.doubts.order import older_content_question
from refdata.core.doubts.positions import position_question
from refdata.core.doubts.tables import look_alikes, new_table_question
from refdata.core.doubts.types import notation_question, type_question, zone_question
from refdata.core.errors import DataError, SchemaError
from refdata.core.filemodel import ScannedColumn
from refdata.core.learning import FIELD_TYPES
from refdata.core.matching import Rename, possible_names
from refdata.core.model import DroppedFile, Load, LoadType, Table
from refdata.core.questions import Question
from refdata.core.sqltypes import TypeKind
from refdata.ingest.context import Deps, Detection
from refdata.ingest.memory import column_match, columns_in_file_order, places_unknown
from refdata.ingest.notationdoubts import ColumnDoubts
from refdata.ingest.planning import better_tables, matches_layout
from refdata.ingest.refitting import falling, misfits


def questions_of_header(
    deps: Deps, row: Load, detection: Detection, contract: Contract, live: Table | None
) -> Iterator[Question]:
    """The questions to settle before the file can be compared with a table: how it is read, which table it is for, and
    which column a header means."""
    if detection.format.doubt is not None:
        yield format_question(row.table_name, row.file_name, detection.format.doubt)
        return
    if live is None:
        yield from _about_new_table(deps, row, detection)
        return
    yield from _about_age(deps, row)
    if places_unknown(detection.format, live, contract):
        columns = columns_in_file_order(live, contract)
        question = position_question(row.table_name, row.file_name, detection.scan.columns, columns)
        if question is not None:
            yield question
            return
    match = column_match(detection.format, live, contract)
    yield from (undecided_question(row.table_name, row.file_name, one) for one in match.undecided)
    if not match.undecided:
        yield from about_layout(deps, row.file_name, detection.scan.columns, contract, live)


def about_layout(
    deps: Deps, file_name: str, scanned: Sequence[ScannedColumn], contract: Contract, live: Table
) -> Iterator[Question]:
    """Asks about a file with fewer of the table's columns than ``min_column_match`` requires, where missing columns are
    asked about. One with none of them, or that another table suits better, is refused when it is aligned."""
    held = contract.policies.on_missing_column is OnMissingColumn.HOLD
    if not held or matches_layout(deps, contract, live, scanned) or better_tables(deps, live, scanned):
        return
    match = matching.match_table(scanned, live)
    if not match.matched:
        return
    headers = {column.name: column.source for column in scanned}
    new = {name: headers[name] for name in match.extra}
    proposed = renamings(match.missing, new, match.renames)
    possible = _possible(live, scanned, match.missing, new, proposed)
    yield layout_question(contract.table, file_name, len(match.matched), match.missing, new, proposed, possible)


def _possible(
    live: Table,
    scanned: Sequence[ScannedColumn],
    missing: Sequence[str],
    new: Mapping[str, str],
    proposed: Sequence[Rename],
) -> tuple[Rename, ...]:
    """The one column that may have another name although no name is like it: values of a new one could be its own.

    Of several columns, nothing would show which is which.
    """
    likely = {one.column for one in proposed}
    gone = [column for name in missing if name not in likely and (column := live.column(name)) is not None]
    if len(gone) != 1:
        return ()
    free = _free(scanned, new, proposed)
    return tuple(Rename(new[name], gone[0].name, 0.0) for name in possible_names(gone[0], free))


def _free(scanned: Sequence[ScannedColumn], new: Mapping[str, str], proposed: Sequence[Rename]) -> list[ScannedColumn]:
    """The new columns that an answer may give to a missing one: their header is there, once, and is like no other."""
    headers, likely = Counter(one.source for one in scanned), {one.source for one in proposed}
    named = (one for one in scanned if one.name in new and one.source and one.source not in likely)
    return [one for one in named if headers[one.source] == 1]


def questions_of_columns(
    deps: Deps,
    file: DroppedFile,
    row: Load,
    detection: Detection,
    contract: Contract,
    live: Table | None,
    findings: tuple[Finding, ...],
) -> Iterator[Question]:
    """The questions about the file's columns, before the table changes.

    :param findings: where file, table and contract differ; those that the policies hold are asked about.
    """
    if live is not None:
        yield from _about_columns(row, detection, live, findings)
    yield from _about_types(deps, file, row, detection, contract, live, findings)


def _about_new_table(deps: Deps, row: Load, detection: Detection) -> Iterator[Question]:
    columns = detection.scan.columns
    tables = deps.warehouse.tables(deps.settings.ref_schema)
    alike = look_alikes(row.table_name, columns, tables, row.file_name)
    if deps.settings.new_tables == "refuse":
        raise SchemaError(
            f"{row.file_name} would create the new table {row.table_name}, and new_tables is refuse",
            where=row.file_name,
            advice="Check the file's name; new_tables = hold asks a person instead.",
        )
    question = new_table_question(row.file_name, row.table_name, alike, always=deps.settings.new_tables == "hold")
    if question is not None:
        yield question


def _about_age(deps: Deps, row: Load) -> Iterator[Question]:
    policy = deps.settings.on_older_content
    if row.load_type is not LoadType.FULL or policy == "load":
        return
    full = [record for record in deps.ledger.versions(row.table_name) if record.kind is LoadType.FULL]
    newest = max(full, key=lambda record: record.version, default=None)
    question = older_content_question(row.table_name, row.file_name, newest.file_name) if newest else None
    if question is not None and policy == "refuse":
        raise DataError(question.evidence[0], where=row.file_name, advice=f"{question.evidence[1]} Drop a newer file.")
    if question is not None:
        yield question


def _about_columns(row: Load, detection: Detection, live: Table, findings: tuple[Finding, ...]) -> Iterator[Question]:
    held = {finding.kind: finding.columns for finding in findings if finding.action is Action.HOLD}
    missing = held.get(FindingKind.MISSING_COLUMN, ())
    known = {column.name for column in own_columns(live)}
    new = {column.name: column.source for column in detection.scan.columns if column.name not in known}
    columns = detection.scan.columns
    proposed = renamings(missing, new, matching.match_table(columns, live).renames)
    free = _free(columns, new, proposed)
    for column in missing:
        gone = live.column(column)
        possible = possible_names(gone, free) if gone else ()
        others = [new[name] for name in possible]
        yield missing_question(row.table_name, row.file_name, column, proposed, detection.scan.rows, others)
    for column in held.get(FindingKind.NEW_COLUMN, ()):
        yield new_column_question(row.table_name, row.file_name, column, new.get(column, column))


def _about_types(
    deps: Deps,
    file: DroppedFile,
    row: Load,
    detection: Detection,
    contract: Contract,
    live: Table | None,
    findings: tuple[Finding, ...],
) -> Iterator[Question]:
    """Values that are not of their column's type, and dates in another order than the table's."""
    held = {
        name
        for one in findings
        if one.kind is FindingKind.TYPE_CHANGE and one.action is Action.HOLD
        for name in one.columns
    }
    known = known_readings(contract, live, [column.name for column in detection.scan.columns])
    for column in detection.scan.columns:
        if (question := _about_notation(row, column, contract)) is not None:
            yield question
        elif (asked := ColumnDoubts(deps, file, row, detection, contract, live, column).question()) is not None:
            yield asked
        elif column.name in held:
            old = falling(column, live)
            with deps.dropoff.open(file) as path:
                misfit = misfits(Path(path), detection.format, detection.scan, column, known[column.name], old)
            yield type_question(row.table_name, row.file_name, misfit)


def _about_notation(row: Load, column: ScannedColumn, contract: Contract) -> Question | None:
    fact = contract.column(column.name)
    orders = {"dmy", "mdy"}
    if fact is None or column.type is None or column.type.kind not in (TypeKind.DATE, TypeKind.DATETIME2):
        return None
    known = known_notation(contract, column.name)
    if known.zone and not column.notation.zone:
        return zone_question(row.table_name, row.file_name, column.name, column.notation, FIELD_TYPES[column.type.kind])
    if {fact.date_order, column.notation.date_order} != orders:
        return None
    return notation_question(
        row.table_name, row.file_name, column.name, known, column.notation, FIELD_TYPES[column.type.kind]
    )
