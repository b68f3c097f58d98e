"""Guards a parent: what a full load takes away from the tables whose contracts refer to it (``on_orphans``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from refdata.contracts.files import referring
from refdata.core.alignment import Alignment
from refdata.core.contract import Contract
from refdata.core.contractterms import OnOrphans
from refdata.core.doubts.orphans import Losses, orphans_question, words_of
from refdata.core.errors import DataError
from refdata.core.keyrules import Side
from refdata.core.model import Column, Load, LoadType, Stage, Table
from refdata.core.publishing import PublishCheck, qualified
from refdata.core.questions import Question
from refdata.ingest.context import Deps
from refdata.versioning.orphans import Children, ReferringRows, losses_of
from refdata.warehouse.base import Session


@dataclass(slots=True)
class ParentGuard:
    """The effect of one load of a parent on its children. ``losses`` is known once the rows are staged.

    Only a full load removes rows. A child's row that refers to nothing already is not counted.
    """

    deps: Deps
    row: Load
    contract: Contract
    plan: Alignment
    live: Table | None
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
                one.orphans.more_than(self._accepted.get(one.name, 0)),
                f"rows of {one.child.name} refer to rows of {self.row.table_name} that the file removes",
                (one.child,),
            )
            for one in references
        )

    def _count(self, session: Session, reference: ReferringRows) -> None:
        losses = losses_of(session, self.row.table_name, reference, "the file")
        if losses is not None:
            self._accepted[reference.name] = losses.rows
            self.losses.append(losses)

    def _references(self, source: str) -> Iterator[ReferringRows]:
        deps = self.deps
        contracts, unreadable = referring(deps.settings, self.row.table_name)
        self.warnings.extend(one for one in unreadable if one not in self.warnings)
        if self.live is not None:
            children = Children.of(deps.warehouse, deps.settings, self.live.name, contracts)
            before = Side(qualified(self.live.name), self.live.columns)
            after = Side(source, tuple(Column(column.name, column.type) for column in self.plan.read))
            yield from children.references(deps.warehouse.capabilities, before, after)
