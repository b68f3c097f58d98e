"""Finds rows of a file again by their number among the rows that ``read_rows`` gives: their line and their text.

Rules over several rows are checked in the database, which knows a row by its number alone. The few that break one are
looked up in one more pass over the file, so a load without faults costs nothing extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from refdata.core.filemodel import Format, ReadColumn, RejectedRow
from refdata.csvformat.blocks import Block, BlockCutter, Blocks, Cut
from refdata.csvformat.limits import BLOCK_BYTES
from refdata.csvformat.reader import Typed, typed_rows
from refdata.csvformat.rowrules import RowRule, broken_rules
from refdata.csvformat.text import FileBytes


def place_rows(
    path: str | Path,
    fmt: Format,
    *,
    columns: Sequence[ReadColumn],
    rules: Sequence[RowRule],
    reasons: Mapping[int, str],
    block_bytes: int = BLOCK_BYTES,
    cut: Cut = BlockCutter,
) -> Iterator[RejectedRow]:
    """The rows of these numbers (from 1) as rejects, in the order of the file.

    :param columns: as for ``read_rows``; so are ``rules``, which decide which rows are counted.
    :param reasons: why each row is refused, by its number.
    :param cut: as for ``read_rows``.
    :raises FormatError: as ``read_rows``.
    """
    cutter = cut(FileBytes(Path(path), None, chunk_bytes=block_bytes), fmt, len(fmt.header))
    work = _Placing(cutter, len(fmt.header), columns, rules, dict(reasons))
    for block in cutter.blocks():
        if not work.reasons:
            return
        yield from work.placed(block)


@dataclass(slots=True)
class _Placing:
    cutter: Blocks
    fields: int
    columns: Sequence[ReadColumn]
    rules: Sequence[RowRule]
    reasons: dict[int, str]
    passed: int = field(default=0)

    def placed(self, block: Block) -> Iterator[RejectedRow]:
        """The wanted rows within a block; all of its rows are counted."""
        rows = block.rows or self.cutter.careful.read(block.text, block.line, at_end=True)
        typed, _ = typed_rows(rows, 0, len(rows.clean), self.fields, self.columns)
        for part in typed:
            for place in self._loaded(part):
                self.passed += 1
                if (reason := self.reasons.pop(self.passed, None)) is not None:
                    yield rows.refuse(place, reason)

    def _loaded(self, part: Typed) -> Iterator[int]:
        """The places of the rows that ``read_rows`` gives."""
        broken = broken_rules(part.batch, self.rules)
        return (part.start + row for row in range(part.batch.num_rows) if row not in broken)
