"""The question about two columns with one header that may have swapped their values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.contract import Contract, KeptAnswer
from refdata.core.contractterms import QuestionKind
from refdata.core.doubts.rows import LOAD
from refdata.core.questions import REFUSE, Choice, Question

SWAP = "swap_"
"""The answer that exchanges two columns of a file, before the name of the other one."""
_HALF = 0.5
"""Share of the values that must be those of the other column."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Two columns with one header: the number of different values of each, and how many the table has.

    ``own`` counts those that the table has in the same column, ``crossed`` those that it has in the other one.

    >>> Shared(("name", "name_2"), (9, 9), (0, 1), (8, 9)).swapped
    True
    >>> Shared(("score", "score_2"), (5, 5), (5, 5), (5, 5)).swapped
    False
    """

    columns: tuple[str, str]
    values: tuple[int, ...]
    own: tuple[int, ...]
    crossed: tuple[int, ...]

    @property
    def swapped(self) -> bool:
        """Whether each column has rather the values of the other one."""
        most = all(crossed >= _HALF * values for crossed, values in zip(self.crossed, self.values, strict=True))
        return most and min(self.crossed) > 2 * max(self.own)


def swapped_question(table: str, file_name: str, header: str, shared: Shared) -> Question:
    """Asks about two columns with one header whose values are rather those of the other one."""
    one, other = shared.columns
    kept = Contract(table=table, answers=(KeptAnswer(QuestionKind.COLUMN_RENAMED, one, LOAD),))
    other_way = Contract(table=table, answers=(KeptAnswer(QuestionKind.COLUMN_RENAMED, one, f"{SWAP}{other}"),))
    said = f"The values that come for {one} go into {other}, and those for {other} into {one}."
    swap = Choice("swap", "Exchange the two columns", said, patch=other_way)
    effect = f"The values that now come for {one} replace or follow those that it has."
    load = Choice(LOAD, "Load them as they are", effect, patch=kept, keepable=True)
    evidence = (
        f"{file_name} has the header {header!r} for both, so nothing but their places shows which is which.",
        *(_counted(shared, at) for at in (0, 1)),
    )
    subject = f"The values of {one} and {other} in {file_name} seem to have changed places. Load them anyway?"
    return Question(QuestionKind.COLUMN_RENAMED, table, subject, evidence, (swap, load, REFUSE), one)


def exchanged(names: Sequence[str], contract: Contract) -> tuple[str, ...]:
    """The names of a file's columns, with those exchanged that an answer says to exchange.

    >>> kept = KeptAnswer(QuestionKind.COLUMN_RENAMED, "name", "swap_name_2")
    >>> exchanged(["id", "name", "name_2"], Contract(table="t", answers=(kept,)))
    ('id', 'name_2', 'name')
    """
    other: dict[str, str] = {}
    for answer in contract.answers:
        if answer.question == QuestionKind.COLUMN_RENAMED and answer.answer.startswith(SWAP):
            second = answer.answer.removeprefix(SWAP)
            other |= {answer.subject: second, second: answer.subject}
    return tuple(other.get(name, name) for name in names)


def _counted(shared: Shared, at: int) -> str:
    mine, theirs = shared.columns[at], shared.columns[1 - at]
    return (
        f"Of {shared.values[at]:,} values that come for {mine}, the table has {shared.own[at]:,} in {mine}"
        f" and {shared.crossed[at]:,} in {theirs}."
    )


def order_warning(header: str, shared: Shared) -> str:
    """Warns about columns with one header in a file with another order of columns, where no value is known."""
    one, other = shared.columns
    return (
        f"The file has other places for its columns than earlier ones, and the header {header!r} twice: {one} and"
        f" {other} were recognised by the headers beside them. Give them different headers to be sure."
    )
