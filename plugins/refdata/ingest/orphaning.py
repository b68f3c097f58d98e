"""Guards a parent: what a full load takes away from the tables whose contracts refer to it (``on_orphans``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from refdata.contracts.files import referring
from refdata.core.alignment import Alignment
from refdata.core.contract import Contract
from refdata.core.contractterms import OnOrphans, Severity
from refdata.core.doubts.orphans import Losses, orphans_question, words_of
from refdata.core.errors import DataError
from refdata.core.keyrules import KeyPlan, Orphans, Side
from refdata.core.model import Column, Load, LoadType, Stage, TableName
from refdata.core.publishing import PublishCheck, qualified
from refdata.core.questions import MAX_EXAMPLES, Question
from refdata.ingest.context import Deps
from refdata.warehouse.base import Session


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key of another table to this one."""

    child: TableName
    fields: tuple[str, ...]
    references: tuple[str, ...]
    orphans: Orphans


@dataclass(slots=True)
class ParentGuard:
    """The effect of one load of a parent on its children. ``losses`` is known once the rows are staged.

    Only a full load removes rows. A child's row that refers to nothing already is not counted.
    """

    deps: Deps
    row: Load
    contract: Contract
    plan: Alignment
    losses: list[Losses] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _accepted: dict[str, int] = field(default_factory=dict)

    @property
    def policy(self) -> OnOrphans:
        """The policy of the parent's contract."""
        return self.contract.policies.on_orphans

    def questions(self, stage: Stage) -> tuple[Question, ...]:
        """Counts what the staged rows take away; asks, refuses or warns as the policy says.

        :raises DataError: when the policy refuses it.
        """
        if self.row.load_type is not LoadType.FULL:
            return ()
        with self.deps.warehouse.reading_stage(stage) as (session, source):
            for reference in self._references(source):
                self._count(session, reference)
        if not self.losses:
            return ()
        if self.policy is OnOrphans.REFUSE:
            raise DataError(
                f"{words_of(self.losses)}; on_orphans is refuse",
                where=self.row.file_name,
                advice="Keep those rows in the file, or first load the other table without what refers to them.",
            )
        if self.policy is OnOrphans.ALLOW:
            self.warnings.extend(f"{one.words}; on_orphans is allow." for one in self.losses)
            return ()
        return tuple(orphans_question(self.row.file_name, one) for one in self.losses)

    def publish_checks(self, stage: Stage) -> tuple[PublishCheck, ...]:
        """A child may have been loaded since the rows were counted: then they are counted again, by a retry."""
        if self.row.load_type is not LoadType.FULL or self.policy is OnOrphans.ALLOW:
            return ()
        with self.deps.warehouse.reading_stage(stage) as (_, source):
            references = tuple(self._references(source))
        return tuple(
            PublishCheck(
                one.orphans.more_than(self._accepted.get(_name(one), 0)),
                f"rows of {one.child.name} refer to rows of {self.row.table_name} that the file removes",
                (one.child,),
            )
            for one in references
        )

    def _count(self, session: Session, reference: _Reference) -> None:
        rows, keys = reference.orphans.count_rows(), reference.orphans.count_keys()
        count = int(session.query(rows.sql, rows.values)[0][0])
        if not count:
            return
        sample = reference.orphans.sample_keys(MAX_EXAMPLES)
        found = session.query(sample.sql, sample.values)
        self._accepted[_name(reference)] = count
        self.losses.append(
            Losses(
                self.row.table_name,
                reference.child.name,
                reference.fields,
                reference.references,
                count,
                int(session.query(keys.sql, keys.values)[0][0]),
                tuple(", ".join(str(value) for value in line) for line in found),
            )
        )

    def _references(self, source: str) -> Iterator[_Reference]:
        deps = self.deps
        live = deps.warehouse.table(deps.target(self.row))
        contracts, unreadable = referring(deps.settings, self.row.table_name)
        self.warnings.extend(one for one in unreadable if one not in self.warnings)
        if live is None:
            return
        before = Side(qualified(live.name), live.columns)
        after = Side(source, tuple(Column(column.name, column.type) for column in self.plan.read))
        for contract in contracts:
            child = deps.warehouse.table(deps.live(contract.table))
            if child is None:
                continue
            side = Side(qualified(child.name), child.columns)
            keys = KeyPlan(deps.warehouse.capabilities, contract, LoadType.FULL, side, None, {})
            for reference in contract.foreign_keys or ():
                is_ours = deps.live(reference.table).name.casefold() == self.row.table_name.casefold()
                orphans = keys.orphans(reference, before, after) if is_ours else None
                if orphans is not None and reference.severity is Severity.ERROR:
                    yield _Reference(child.name, reference.fields, reference.references, orphans)


def _name(reference: _Reference) -> str:
    return f"{reference.child} {reference.fields}"
