"""Names that the database takes for one, although their letters differ in more than case.

Which those are depends on the collation of its catalog: accents, kana, width, ``æ`` and ``ae``. The server knows,
so it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence

from refdata.core.errors import SchemaError
from refdata.core.model import TableName
from refdata.core.naming import fold_name
from refdata.warehouse.base import Session

_CUT = 63
"""Bytes of a name on Babelfish, which ends a longer one in a hash."""


def pairs(session: Session, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The pairs of names that the catalog's collation calls equal, and ``fold_name`` does not."""
    distinct = tuple({fold_name(name): name for name in names}.values())
    rows = session.query(statement(len(distinct)), distinct)
    return tuple((distinct[int(first)], distinct[int(second)]) for first, second in rows)


def statement(count: int) -> str:
    """Compares so many names, its values, each with those after it; returns the positions of equal ones."""
    rows = ", ".join(f"({number}, ?)" for number in range(count))
    return (
        "WITH names AS (SELECT n, CAST(name AS NVARCHAR(128)) COLLATE CATALOG_DEFAULT AS name"
        f" FROM (VALUES {rows}) AS v(n, name))"
        " SELECT a.n, b.n FROM names AS a JOIN names AS b ON a.name = b.name AND a.n < b.n"
    )


def require_same(wanted: TableName, stored: str) -> None:
    """Refuses a table that the database finds under another name: two files would share it.

    :param stored: the table's name in the catalog.
    :raises SchemaError: when the names differ in more than case.

    >>> require_same(TableName("ref", "cities"), "Cities")
    """
    is_cut = len(wanted.name.encode()) > _CUT and fold_name(wanted.name)[:30] == fold_name(stored)[:30]
    if fold_name(stored) == fold_name(wanted.name) or is_cut:
        return
    raise SchemaError(
        f"The database does not distinguish table {wanted} from {wanted.schema}.{stored}: its collation calls the names"
        " equal",
        where=str(wanted),
        advice=f"Rename the file: to {stored}.csv if its rows belong there, else to a name that differs in more than"
        " accents, kana or width.",
    )
