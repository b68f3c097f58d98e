"""Warnings about a file's columns."""

from __future__ import annotations

import pytest

from refdata.core import sqltypes
from refdata.core.alignment import Alignment, Widening
from refdata.core.columnwarnings import column_warnings, nameless_warnings
from refdata.core.contract import Contract, FieldContract
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column, Table, TableName


@pytest.mark.parametrize(
    ("headers", "live", "warned"),
    [
        (["Unnamed: 0", "code"], ["code"], ["Unnamed: 0"]),
        (["", "code"], ["code"], [""]),
        ([" ", "code"], None, [" "]),
        (["code", "Unnamed: 2"], ["code"], ["Unnamed: 2"]),
        (["Unnamed: 0_level_0", "code"], ["code"], ["Unnamed: 0_level_0"]),
        (["unnamed fields", "code"], ["code"], []),
        (["code", "name"], ["code"], []),
        (["Unnamed: 0", "code"], ["c0", "code"], []),  # the table has it already
        (["", ""], None, []),  # no header at all
        (["a", "b", "c", "d", "e", "f", "g", ""], None, []),  # the contract knows c7
    ],
)
def test_a_column_with_values_and_no_name_is_warned_about_when_it_is_new(
    headers: list[str], live: list[str] | None, warned: list[str]
) -> None:
    scanned = [
        ScannedColumn(header, header if header in ("code", "name") else f"c{at}", sqltypes.INT)
        for at, header in enumerate(headers)
    ]
    contract = Contract(table="t", fields=(FieldContract(name="c7"),))
    table = live and Table(TableName("ref", "t"), tuple(Column(name, sqltypes.INT) for name in live))
    warnings = nameless_warnings(table or None, scanned, contract)
    assert len(warnings) == len(warned)
    assert all(f"({header!r})" in warning for header, warning in zip(warned, warnings, strict=True))


@pytest.mark.parametrize(("retyped", "warned"), [(False, 1), (True, 0)])
def test_the_first_values_of_a_column_without_any_are_no_damage(*, retyped: bool, warned: int) -> None:
    name = TableName("ref", "t")
    text, date = Column("part", sqltypes.SqlType(sqltypes.TypeKind.NVARCHAR, 10)), Column("part", sqltypes.DATE)
    plan = Alignment(name, False, (), (), (date,), (), retype=(Widening(date, text),) if retyped else ())
    scanned = [ScannedColumn("Part", "part", sqltypes.DATE)]
    warnings = column_warnings(Table(name, (text,)), scanned, Contract(table="t"), (), plan)
    assert sum("a spreadsheet may have changed its codes" in warning for warning in warnings) == warned
