"""Rewrites the texts of a column before it gets another type, the same for every engine."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from refdata.core.capabilities import Capabilities
from refdata.core.model import TableName
from refdata.core.naming import quote
from refdata.core.publishing import qualified
from refdata.warehouse.base import Session

_TEXTS = "refdata_texts"
_AT_ONCE = 200
"""Pairs that one INSERT adds; each is two values."""


def rewrite_texts(
    session: Session, engine: Capabilities, table: TableName, column: str, texts: Mapping[str, str]
) -> None:
    """Replaces texts of a column by others, each equal to the last character; in as many statements as are needed."""
    temporary, name = engine.temporary(_TEXTS), quote(column)
    empty = f" FROM {qualified(table)} WHERE 1 = 0"
    store = engine.store_rows(_TEXTS, f"SELECT {name} AS written, {name} AS plain", empty)
    for statement in (f"DROP TABLE IF EXISTS {temporary}", store.sql):
        session.execute(statement)
    pairs = iter(texts.items())
    while batch := list(itertools.islice(pairs, _AT_ONCE)):
        marks = ", ".join("(?, ?)" for _ in batch)
        session.execute(
            f"INSERT INTO {temporary} (written, plain) VALUES {marks}", [text for pair in batch for text in pair]
        )
    same = _same(engine.text_parts(f"t.{name}"), engine.text_parts("s.written"))
    update = engine.update_rows(table, f"{name} = s.plain", f"{temporary} AS s", same, "1 = 1", ())
    session.execute(update.sql)
    session.execute(f"DROP TABLE IF EXISTS {temporary}")


def _same(ours: Sequence[str], theirs: Sequence[str]) -> str:
    return " AND ".join(f"{one} = {other}" for one, other in zip(ours, theirs, strict=True))
