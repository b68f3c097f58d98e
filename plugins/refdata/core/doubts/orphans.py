"""Asks about a full load after which rows of another table would refer to nothing. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.contractterms import QuestionKind
from refdata.core.questions import REFUSE, Choice, Question


@dataclass(frozen=True, slots=True)
class Losses:
    """The loss of ``child`` by a change of ``table``: so many ``rows`` refer to so many removed ``keys``.

    ``columns`` of the child refer to ``references`` of the table. ``examples`` are some of the keys. ``cause`` is what
    removes the rows, for messages.
    """

    table: str
    child: str
    columns: tuple[str, ...]
    references: tuple[str, ...]
    rows: int
    keys: int
    examples: tuple[str, ...] = ()
    cause: str = "the file"

    @property
    def words(self) -> str:
        """One sentence with table, key and numbers, and no value."""
        keys = "1 row" if self.keys == 1 else f"{self.keys:,} rows"
        rows = "1 row of" if self.rows == 1 else f"{self.rows:,} rows of"
        refer = "refers" if self.rows == 1 else "refer"
        named = f"{', '.join(self.columns)} to {', '.join(self.references)}"
        cause = self.cause[0].upper() + self.cause[1:]
        removes = "no longer has" if cause == "The file" else "removes"
        return f"{cause} {removes} {keys} of {self.table} to which {rows} {self.child} {refer} ({named})"


def orphans_question(file_name: str, losses: Losses) -> Question:
    """Asks whether to load the file anyway; one question for each table that would lose rows."""
    rows = "1 row" if losses.rows == 1 else f"{losses.rows:,} rows"
    load = Choice(
        "load",
        "Load it anyway",
        f"{rows} of {losses.child} will refer to nothing until {losses.child} or {losses.table} is corrected.",
    )
    return Question(
        QuestionKind.ORPHANS,
        losses.table,
        f"{file_name} removes rows of {losses.table} that {losses.child} refers to. Load it?",
        (f"{losses.words}.",),
        (load, REFUSE),
        column=f"{losses.child}.{'+'.join(losses.columns)}",
        examples=losses.examples,
    )


def words_of(losses: Sequence[Losses]) -> str:
    """All losses in one text."""
    return "; ".join(one.words for one in losses)
