"""Compares columns with equal headers by their values: their files may give them in another order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from refdata.core.doubts.swaps import Shared, order_warning, swapped_question
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column
from refdata.core.naming import fold_name
from refdata.core.questions import Question
from refdata.core.rowdoubts import RowDoubts
from refdata.core.statement import Statement


@dataclass(frozen=True, slots=True)
class EqualHeaders:
    """The columns of one load whose headers are equal.

    ``live`` returns the table's column of a name, None where the two are not comparable. ``usual`` are the names of the
    table's columns in the order of earlier files. ``count`` runs a statement.
    """

    scanned: Sequence[ScannedColumn]
    live: Callable[[str], Column | None]
    usual: Sequence[str]
    statements: RowDoubts
    count: Callable[[Statement], int]

    def questions(self, table: str, file_name: str) -> Iterator[Question]:
        """A question about each two columns whose values are rather those of the other one."""
        for header, shared in self._shared():
            if shared.swapped:
                yield swapped_question(table, file_name, header, shared)

    def warnings(self) -> Iterator[str]:
        """A warning about each two columns of which no value shows which is which, where the order changed."""
        for header, shared in self._shared() if self._is_reordered() else ():
            if not any((*shared.own, *shared.crossed)):
                yield order_warning(header, shared)

    def _shared(self) -> Iterator[tuple[str, Shared]]:
        groups: dict[str, list[Column]] = defaultdict(list)
        for scanned in self.scanned:
            column = self.live(scanned.name)
            if column is not None:
                groups[scanned.source.strip()].append(column)
        for header, columns in groups.items():
            for one, other in combinations(columns, 2):
                if one.type.kind is other.type.kind:
                    yield header, self._counted(one, other)

    def _counted(self, one: Column, other: Column) -> Shared:
        pair = ((one, other), (other, one))
        values = tuple(self.count(self.statements.count_distinct(mine)) for mine, _ in pair)
        own = tuple(self.count(self.statements.count_shared(mine, mine)) for mine, _ in pair)
        crossed = tuple(self.count(self.statements.count_shared(mine, theirs)) for mine, theirs in pair)
        return Shared((one.name, other.name), values, own, crossed)

    def _is_reordered(self) -> bool:
        names = [fold_name(one.name) for one in self.scanned]
        usual = [name for name in map(fold_name, self.usual) if name in names]
        return [name for name in names if name in usual] != usual
