"""Gives text columns another type in T-SQL, with their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from refdata.core.alignment import Widening
from refdata.core.capabilities import Capabilities
from refdata.core.model import Column, TableName
from refdata.core.sqltypes import text
from refdata.warehouse.base import Session
from refdata.warehouse.retyping import rewrite_texts
from refdata.warehouse.tsql import ddl

_PLAIN = text(50)
"""Wide enough for every value of another type in the form that the server converts."""


def retype_columns(
    session: Session,
    engine: Capabilities,
    name: TableName,
    live: Sequence[Column],
    changes: Sequence[Widening],
    texts: Mapping[str, str],
) -> None:
    """Changes the columns that are still text; see ``Warehouse.retype``.

    :param texts: for a single column, texts to rewrite first.
    """
    still = [change.column.name for change in changes if ddl.retype_columns(name, live, [change])]
    for column in live:
        if texts and column.name in still:
            if column.type.length is not None and column.type.length < (_PLAIN.length or 0):
                wide = Widening(Column(column.name, _PLAIN, column.nullable), column)
                session.execute(ddl.widen_column(name, wide)[-1])
            rewrite_texts(session, engine, name, column.name, texts)
    for statement in ddl.retype_columns(name, live, changes):
        session.execute(statement)
