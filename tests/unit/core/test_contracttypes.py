"""Types that people declared, in place of those that the values suggest."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.contract import Contract, FieldContract, Origin
from refdata.core.contractlayers import with_origin
from refdata.core.contractterms import FieldType, Layer
from refdata.core.contracttypes import with_declared_types
from refdata.core.filemodel import Notation, ScannedColumn
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, SqlType, TypeKind, decimal, text

COMMA = Notation(decimal_point=",")
MAX = SqlType(TypeKind.NVARCHAR)


@pytest.mark.parametrize(
    ("facts", "found", "longest", "expected"),
    [
        ({"type": FieldType.STRING}, INT, 5, text(5)),
        ({"type": FieldType.STRING}, decimal(5, 2), 30, text(30)),
        ({"type": FieldType.STRING}, text(20), 15, text(20)),
        ({"type": FieldType.GEOPOINT}, FLOAT, 9, text(9)),
        ({"type": FieldType.NUMBER}, INT, 5, INT),
        ({"type": FieldType.NUMBER}, text(10), 5, text(10)),
        ({"type": FieldType.ANY}, INT, 5, INT),
        ({"type": FieldType.DATE}, None, 0, DATE),
        ({"type": FieldType.INTEGER}, None, 0, INT),
        ({"type": FieldType.BOOLEAN}, None, 0, BIT),
        ({"type": FieldType.NUMBER}, None, 0, None),
        ({"type": FieldType.STRING}, None, 0, None),
        ({"sql_type": BIGINT}, INT, 5, BIGINT),
        ({"sql_type": decimal(12, 4)}, INT, 5, decimal(12, 4)),
        ({"sql_type": decimal(5, 2)}, INT, 4, INT),
        ({"sql_type": decimal(4, 1)}, decimal(5, 2), 6, decimal(5, 2)),
        ({"sql_type": DATETIME2}, DATE, 10, DATETIME2),
        ({"sql_type": INT}, text(10), 5, text(10)),
        ({"sql_type": SqlType(TypeKind.NVARCHAR, length=7)}, INT, 7, SqlType(TypeKind.NVARCHAR, length=7)),
        ({"sql_type": SqlType(TypeKind.NVARCHAR, length=7)}, INT, 8, text(8)),
        ({"sql_type": MAX}, INT, 8, MAX),
        ({"sql_type": DATE}, None, 0, DATE),
        ({}, INT, 5, INT),
    ],
)
def test_a_declared_type_is_taken_where_it_holds_the_values(
    facts: dict[str, Any], found: SqlType | None, longest: int, expected: SqlType | None
) -> None:
    column = ScannedColumn("A", "a", found, longest=longest)
    contract = Contract(table="t", fields=(FieldContract(name="A", **facts),))
    declared = with_origin(contract, Origin(Layer.DECLARED, "f"))
    assert with_declared_types([column], declared)[0].type == expected
    learned = with_origin(contract, Origin(Layer.LEARNED, load_id=1))
    assert with_declared_types([column], learned) == (column,), "a learned type is not an instruction"


def test_a_number_that_is_declared_as_text_keeps_its_way_of_writing() -> None:
    column = ScannedColumn("A", "a", decimal(5, 2), longest=6, notation=COMMA)
    contract = Contract(table="t", fields=(FieldContract(name="a", type=FieldType.STRING),))
    assert with_declared_types([column], contract)[0].notation == Notation()
    kept = Contract(table="t", fields=(FieldContract(name="a", sql_type=decimal(9, 3)),))
    assert with_declared_types([column], kept)[0].notation == COMMA
