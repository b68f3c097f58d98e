"""What a database's collation distinguishes, read from its name. Pure.

https://learn.microsoft.com/sql/t-sql/statements/windows-collation-name-transact-sql
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

_DOTTED = ("TURKISH", "AZERI")
"""Languages whose I is the capital of ı, and İ that of i."""


@dataclass(frozen=True, slots=True)
class Collation:
    """A collation of SQL Server: by which a database compares names, and a column its texts.

    >>> str(Collation("Latin1_General_100_CI_AI_SC_UTF8"))
    'Latin1_General_100_CI_AI_SC_UTF8, which ignores case, accents, kana, width and trailing blanks'
    >>> str(Collation("Turkish_CS_AS_KS_WS"))
    'Turkish_CS_AS_KS_WS, which ignores trailing blanks'
    """

    name: str

    @property
    def _marks(self) -> frozenset[str]:
        return frozenset(self.name.upper().split("_"))

    @property
    def ignored(self) -> tuple[str, ...]:
        """The differences that it does not see; trailing blanks count in no collation.

        >>> Collation("Japanese_BIN2").ignored
        ('trailing blanks',)
        """
        always = ("trailing blanks",)
        if self._marks & {"BIN", "BIN2"}:
            return always
        words = {"CS": "case", "AS": "accents", "KS": "kana", "WS": "width"}
        return (*(word for mark, word in words.items() if mark not in self._marks), *always)

    @property
    def has_dotted_i(self) -> bool:
        """Whether it ignores case by the rules of Turkish: ``ID`` and ``id`` differ, ``İD`` and ``id`` do not.

        >>> [Collation(name).has_dotted_i for name in ("Turkish_CI_AS", "Turkish_100_CS_AS", "Latin1_General_CI_AS")]
        [True, False, False]
        """
        return "case" in self.ignored and self.name.upper().startswith(_DOTTED)

    def __str__(self) -> str:
        *first, last = self.ignored
        listed = f"{', '.join(first)} and {last}" if first else last
        dotted = "; its capital of i is İ, that of ı is I" if self.has_dotted_i else ""
        return f"{self.name}, which ignores {listed}{dotted}"


CollationOf: TypeAlias = Callable[[], Collation | None]
"""Asks the database for a collation, where a message needs it."""


def unknown() -> Collation | None:
    """The answer of an engine without collations.

    >>> unknown() is None
    True
    """
    return None
