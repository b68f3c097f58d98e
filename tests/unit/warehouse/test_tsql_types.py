"""Columns that somebody else declared, as planning sees them."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.warehouse.tsql import types


def found(
    type_name: str, max_length: int = 0, precision: int = 0, scale: int = 0, full: int = 7
) -> types.CatalogColumn:
    return types.catalog_column(("c", type_name, max_length, precision, scale, full, 1, None, 0, 0, 0, 0, "t"))


READ: list[tuple[types.CatalogColumn, str, str | None]] = [
    # catalog, refdata's type, the server's own name where it stores less
    (found("int"), "INT", None),
    (found("bit"), "BIT", None),
    (found("date"), "DATE", None),
    (found("smallint"), "INT", "smallint"),
    (found("tinyint"), "INT", "tinyint"),
    (found("money"), "DECIMAL(19,4)", "money"),
    (found("real"), "FLOAT", "real"),
    (found("datetime"), "DATETIME2", "datetime"),
    (found("uniqueidentifier"), "NVARCHAR(36)", "uniqueidentifier"),
    (found("xml"), "NVARCHAR(MAX)", "xml"),
    (found("geography"), "NVARCHAR(MAX)", "geography"),
    (found("float", precision=53), "FLOAT", None),
    (found("float", precision=24), "FLOAT", "real"),
    (found("numeric", precision=12, scale=3), "DECIMAL(12,3)", None),
    (found("datetime2", scale=7), "DATETIME2", None),
    (found("datetime2", scale=3), "DATETIME2", "datetime2(3)"),
    (found("time", scale=0), "TIME", "time(0)"),
    (found("nvarchar", max_length=40), "NVARCHAR(20)", None),
    (found("nvarchar", max_length=-1), "NVARCHAR(MAX)", None),
    (found("sysname", max_length=256), "NVARCHAR(128)", None),
    (found("nchar", max_length=6), "NVARCHAR(3)", "nchar(3)"),
    (found("varchar", max_length=10), "NVARCHAR(10)", "varchar(10)"),
    (found("varchar", max_length=8000), "NVARCHAR(MAX)", "varchar(8000)"),
    (found("varchar", max_length=-1), "NVARCHAR(MAX)", "varchar(max)"),
    (found("text", max_length=16), "NVARCHAR(MAX)", "text"),
]


@pytest.mark.parametrize(("catalog", "kind", "native"), READ, ids=lambda case: getattr(case, "type_name", None))
def test_a_column_of_the_catalog_is(catalog: types.CatalogColumn, kind: str, native: str | None) -> None:
    column = types.column(catalog)
    assert (str(column.type), column.native and column.native.name) == (kind, native)


FLAGS: list[tuple[dict[str, Any], bool, bool]] = [
    # catalog flags, whether rows may bring values, whether a file may leave it out
    ({}, True, False),
    ({"identity": 1}, True, True),
    ({"has_default": 1}, True, True),
    ({"computed": 1}, False, False),
    ({"type_name": "timestamp"}, False, False),
]


@pytest.mark.parametrize(("flags", "writable", "optional"), FLAGS, ids=[str(case[0]) for case in FLAGS])
def test_columns_that_the_server_fills(flags: dict[str, Any], *, writable: bool, optional: bool) -> None:
    row = {"name": "c", "type_name": "int", "max_length": 4, "precision": 10, "scale": 0, "full_scale": 0}
    row |= (
        {"nullable": 0, "collation": None, "identity": 0, "computed": 0, "has_default": 0}
        | flags
        | {"is_utf8": 0, "table": "t"}
    )
    catalog = types.catalog_column(tuple(row.values()))
    assert (catalog.writable, types.column(catalog).optional, types.column(catalog).nullable) == (
        writable,
        optional,
        False,
    )
