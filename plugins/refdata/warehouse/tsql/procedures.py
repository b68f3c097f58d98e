"""Calls the procedures that a site may write: one validates a table's staged rows, one runs after each load."""

from __future__ import annotations

import re
from collections.abc import Mapping

from refdata.core.errors import ConfigurationError
from refdata.core.model import TableName
from refdata.core.naming import fold_name, quote
from refdata.core.publishing import qualified
from refdata.core.statement import Statement
from refdata.warehouse.base import Row, Session

DEFAULT_SCHEMA = "dbo"
_PART = r"(?:\[((?:[^\]]|\]\])+)\]|([^\W\d][\w@$#]*))"
_NAME = re.compile(rf"\s*(?:{_PART}\.)?{_PART}\s*")


def parse_name(text: str) -> TableName:
    """``schema.procedure``, each part plain or in brackets; without a schema it is in ``dbo``.

    :raises ConfigurationError: when it is not such a name.
    """
    match = _NAME.fullmatch(text)
    if match is None:
        raise ConfigurationError(
            f"{text!r} is not a procedure name",
            where="setting post_load_procedure",
            advice="Write schema.procedure, for instance dbo.after_load.",
        )
    schema, procedure = (match[1] or match[2] or DEFAULT_SCHEMA), (match[3] or match[4])
    return TableName(schema.replace("]]", "]"), procedure.replace("]]", "]"))


def declared_parameters(session: Session, lookup: str, name: TableName) -> tuple[str, ...] | None:
    """The names of a procedure's parameters, without their ``@``; None when there is no such procedure."""
    rows = session.query(lookup, (name.schema, name.name))
    return tuple(str(row[0]).lstrip("@") for row in rows if row[0]) if rows else None


def call(name: TableName, declared: tuple[str, ...], values: Mapping[str, object]) -> Statement:
    """EXEC with those of ``values`` that the procedure declares, by name."""
    known = {fold_name(key): value for key, value in values.items()}
    passed = [parameter for parameter in declared if fold_name(parameter) in known]
    # The names come from the catalog; one that needs quoting cannot be written in EXEC.
    plain = [parameter for parameter in passed if re.fullmatch(r"[\w@$#]+", parameter)]
    words = ", ".join(f"@{parameter} = ?" for parameter in plain)
    return Statement(f"EXEC {qualified(name)} {words}".rstrip(), tuple(known[fold_name(one)] for one in plain))


def planned(session: Session, lookup: str, name: TableName, values: Mapping[str, object]) -> Statement | None:
    """The call of a procedure with those of ``values`` that it declares; None when there is no such procedure."""
    declared = declared_parameters(session, lookup, name)
    return None if declared is None else call(name, declared, values)


def joined_text(rows: list[Row]) -> str:
    """The first column of all rows as one text: FOR JSON returns long JSON in pieces of 2,033 characters."""
    return "".join(str(row[0]) for row in rows if row and row[0] is not None)


def missing(name: TableName) -> ConfigurationError:
    """The error of a procedure that does not exist, or that the login may not see."""
    return ConfigurationError(
        f"There is no procedure {name}, or the login may not execute it",
        where="setting post_load_procedure",
        advice=f"Create it, or GRANT EXECUTE ON {quote(name.schema)}.{quote(name.name)}.",
    )
