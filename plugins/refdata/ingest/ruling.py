"""Applies a table's contract to a load: rules on values while the rows stream, rules on keys in the stage table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from refdata.core import keyrules
from refdata.core.alignment import Alignment
from refdata.core.contract import Contract
from refdata.core.contractterms import Severity
from refdata.core.errors import DataError, SchemaError, be
from refdata.core.filemodel import Format, RejectedRow
from refdata.core.keyrules import ROW, ROW_COLUMN, KeyPlan, KeyRule, Proven, Side
from refdata.core.model import Column, DroppedFile, Load, Stage, TableName
from refdata.core.naming import fold_name
from refdata.core.publishing import PublishCheck, qualified
from refdata.ingest.context import Deps
from refdata.readers import reader_of

if TYPE_CHECKING:
    import pyarrow as pa

    from refdata.csvformat.distinct import KeyValues
    from refdata.csvformat.rowrules import RowRule, WarnedRules


def _require_key(contract: Contract, plan: Alignment) -> None:
    brought = {fold_name(column.name) for column in plan.read}
    missing = [name for name in contract.primary_key or () if fold_name(name) not in brought]
    if missing:
        raise SchemaError(
            f"The file lacks a column of its key: {', '.join(missing)}",
            where=str(plan.table),
            advice="Add the column to the file, or correct the primary key in the table's contract.",
        )


@dataclass(slots=True)
class Ruling:
    """The rules of one load, and their results. ``rejected`` counts the rows that broke one.

    ``keys`` sees the values of the keys pass, and ``proven`` is what they show once all rows are staged.
    """

    deps: Deps
    row: Load
    contract: Contract
    plan: Alignment
    row_rules: Sequence[RowRule]
    warned: WarnedRules
    keys: KeyValues
    proven: Proven = field(default_factory=Proven)
    rejected: int = 0
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, deps: Deps, row: Load, contract: Contract, plan: Alignment) -> Ruling:
        """The rules for a file with the planned columns.

        :raises ConfigurationError: when a rule does not fit its column.
        :raises SchemaError: when the file lacks a column of the declared key.
        """
        from refdata.csvformat.distinct import KeyValues
        from refdata.csvformat.rowrules import WarnedRules, row_rules

        _require_key(contract, plan)
        rules = row_rules(contract, plan.read)
        columns = [Column(column.name, column.type) for column in plan.read]
        places = {column.name: place for place, column in enumerate(columns)}
        keys = keyrules.keys_compared_exactly(contract, columns)
        watched = KeyValues({key: tuple(places[name] for name in key) for key in keys})
        return cls(deps, row, contract, plan, rules, WarnedRules(rules), watched)

    @property
    def has_rules(self) -> bool:
        """Whether the contract may reject rows that the scan has counted as good."""
        return self.may_reject or self.numbered

    @property
    def may_reject(self) -> bool:
        """Whether rows may be rejected while they stream: those that the scan has counted as good break a rule."""
        return bool(self.row_rules)

    @property
    def numbered(self) -> bool:
        """Whether the staged rows have numbers, by which a rule over several rows identifies them."""
        return keyrules.has_key_rules(self.contract)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the stage table."""
        own = tuple(Column(column.name, column.type) for column in self.plan.read)
        return (*own, ROW) if self.numbered else own

    def staged(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches on their way into the stage: counted for rules that warn, and numbered if necessary."""
        import numpy as np
        import pyarrow as pa

        number = 1
        for batch in batches:
            self.warned.add(batch)
            self.keys.add(batch)
            if not self.numbered:
                yield batch
                continue
            numbers = pa.array(np.arange(number, number + batch.num_rows, dtype=np.int64))
            number += batch.num_rows
            yield batch.append_column(ROW_COLUMN, numbers)

    def check_keys(self, stage: Stage) -> dict[int, str]:
        """Removes rows that break a rule over several rows from the stage; returns their numbers with the reasons.

        Another row may refer to a removed row, so the rules are repeated until none is broken.
        """
        reasons: dict[int, str] = {}
        self.proven = self.keys.proven()
        while self.numbered:
            broken = self._broken(stage)
            if not broken:
                break
            reasons |= broken
            self._remove(stage, sorted(broken))
        self.rejected += len(reasons)
        return reasons

    def _broken(self, stage: Stage) -> dict[int, str]:
        broken: dict[int, str] = {}
        with self.deps.warehouse.reading_stage(stage) as (session, source):
            for rule in self._plan(source).rules():
                rows = [int(line[0]) for line in session.query(rule.statement.sql, rule.statement.values)]
                if rule.severity is Severity.WARN:
                    self._warn(rule, len(rows))
                    continue
                for number in rows:
                    broken.setdefault(number, f"column {', '.join(rule.columns)} breaks its rule: {rule.words}")
        return broken

    def _warn(self, rule: KeyRule, rows: int) -> None:
        said = f"the rule on {', '.join(rule.columns)}: {rule.words}"
        if rows and not any(said in warning for warning in self.warnings):
            how_many = "1 row breaks" if rows == 1 else f"{rows} rows break"
            self.warnings.append(f"{how_many} {said}. They are loaded, because the rule only warns.")

    def _remove(self, stage: Stage, numbers: Sequence[int]) -> None:
        with self.deps.warehouse.changing_stage(stage) as (session, source):
            most = self.deps.warehouse.capabilities.most_values
            for start in range(0, len(numbers), most):
                statement = keyrules.remove_rows(source, numbers[start : start + most])
                session.execute(statement.sql, statement.values)

    def _plan(self, source: str) -> KeyPlan:
        deps, contract = self.deps, self.contract
        live = self._side(deps.target(self.row))
        names = {fold_name(reference.table): reference.table for reference in contract.foreign_keys or ()}
        parents = {folded: self._side(TableName(deps.settings.ref_schema, name)) for folded, name in names.items()}
        there = {folded: side for folded, side in parents.items() if side is not None}
        stage = Side(source, self.columns)
        return KeyPlan(deps.warehouse.capabilities, contract, self.row.load_type, stage, live, there, self.proven)

    def _side(self, name: TableName) -> Side | None:
        live = self.deps.warehouse.table(name)
        return Side(qualified(live.name), live.columns) if live else None

    def publish_checks(self, stage: Stage) -> tuple[PublishCheck, ...]:
        """The checks to repeat when the rows are published, because another load may have changed a table meanwhile."""
        if not self.contract.foreign_keys:
            return ()
        with self.deps.warehouse.reading_stage(stage) as (_, source):
            rules = [rule for rule in self._plan(source).references() if rule.severity is Severity.ERROR]
        schema = self.deps.settings.ref_schema
        others = tuple(TableName(schema, reference.table) for reference in self.contract.foreign_keys)
        return tuple(PublishCheck(rule.statement, rule.words, others) for rule in rules)

    def place(self, path: Path, fmt: Format, reasons: dict[int, str]) -> Iterator[RejectedRow]:
        """The rows with these numbers, located in the file."""
        return reader_of(path).place_rows(path, fmt, columns=self.plan.read, rules=self.row_rules, reasons=reasons)

    def check_limit(self, file: DroppedFile, damaged: int, rows: int) -> None:
        """Refuses a file with more rejected rows than the table allows.

        :raises DataError: naming the list of rejects.
        """
        allowed = self.deps.rules(self.row.table_name).max_rejected_rows
        if self.rejected and damaged + self.rejected > allowed:
            also = f" and {damaged} {be(damaged)} damaged" if damaged else ""
            breaks = "breaks" if self.rejected == 1 else "break"
            what = f"{self.rejected} of {rows} rows {breaks} the rules of {self.contract.table}{also}"
            advice = "Fix the lines listed in the .rejects.csv beside the file, or correct the table's contract."
            if absent := self._absent():
                what += f" (there is no table {absent} yet)"
                advice = f"Drop the file of {absent} first, or correct the table's contract."
            raise DataError(f"{what}; {allowed} {be(allowed)} allowed", where=file.path, advice=advice)

    def _absent(self) -> str:
        """The tables that the contract refers to and that do not exist."""
        schema, keys = self.deps.settings.ref_schema, self.contract.foreign_keys or ()
        others = dict.fromkeys(one.table for one in keys if one.table != self.contract.table)
        return ", ".join(name for name in others if self.deps.warehouse.table(TableName(schema, name)) is None)
