"""Answers are not learned from the files that they were given for."""

from __future__ import annotations

from refdata.core.contract import Contract, FieldContract, Origin, SourceHeader, TableDialect, stated
from refdata.core.contractterms import FieldType, Layer
from refdata.core.learning import without_answers

ANSWERED, LEARNED = Origin(Layer.ANSWERED, by="ann"), Origin(Layer.LEARNED, "t.csv", load_id=2)


def column(origin: Origin, *headers: str, **facts: object) -> FieldContract:
    found = stated(FieldContract, origin, name="price", **facts)
    return FieldContract(
        name="price", headers=tuple(SourceHeader(text, origin) for text in headers), **found.spoken(),
        origins=found.origins,
    )  # fmt: skip


def test_an_answered_header_or_notation_is_left_out_and_the_rest_is_learned() -> None:
    new = Contract(table="t", fields=(column(LEARNED, "unit_price", type=FieldType.DATE, date_order="mdy"),))
    known = Contract(table="t", fields=(column(ANSWERED, "unit_price", date_order="mdy"),))
    (left,) = without_answers(new, known).fields
    assert (left.headers, left.date_order, left.type) == ((), None, FieldType.DATE)
    assert set(left.origins) == {"type"}


def test_how_the_file_is_written_is_learned_whoever_stated_it() -> None:
    new = Contract(table="t", dialect=stated(TableDialect, LEARNED, delimiter="|"))
    known = Contract(table="t", dialect=stated(TableDialect, ANSWERED, delimiter="|"))
    assert without_answers(new, known) == new


def test_what_nobody_answered_is_learned_as_it_is() -> None:
    new = Contract(table="t", fields=(column(LEARNED, "Price", date_order="dmy"),))
    for known in (new, Contract(table="t"), Contract(table="t", fields=(column(ANSWERED, "unit_price"),))):
        assert without_answers(new, known) == new


def test_places_of_fields_without_a_header_are_learned() -> None:
    dialect = stated(TableDialect, LEARNED, header=False)
    new = Contract(table="t", dialect=dialect, fields=(column(LEARNED, "column_2"),))
    assert without_answers(new, Contract(table="t", fields=(column(ANSWERED, "column_2"),))) == new
