"""Questions about missing, new and ambiguous columns, and the effect of each answer on the contract."""

from __future__ import annotations

import pytest

from refdata.core.columnmatch import Undecided
from refdata.core.contractterms import QuestionKind
from refdata.core.doubts.columns import missing_question, new_column_question, renamings, undecided_question
from refdata.core.matching import Rename
from refdata.core.questions import Outcome


def test_a_likely_new_name_is_offered_with_what_speaks_for_it() -> None:
    likely = [Rename("unit_price", "price", 0.75)]
    found = renamings(["price"], {"unit_price": "Unit Price"}, likely)
    question = missing_question("products", "products.csv", "price", found, 1200)
    assert question.kind is QuestionKind.COLUMN_RENAMED
    assert question.subject == "price is missing from products.csv, and 'Unit Price' is new. Was it renamed?"
    assert question.evidence[1] == "The name of the new column 'Unit Price' is somewhat similar to price."
    renamed, empty, refuse = question.choices
    assert renamed.patch is not None
    assert [header.text for header in renamed.patch.fields[0].headers] == ["Unit Price"]
    assert empty.patch is not None
    assert empty.patch.answer("column_missing", "price") is not None
    assert refuse.outcome is Outcome.REFUSE


def test_an_unnamed_column_can_be_the_new_name() -> None:
    question = missing_question("idx", "idx.csv", "column_1", [Rename("", "column_1", 0.9)], 3)
    assert question.subject == "column_1 is missing from idx.csv, and an unnamed column is new. Was it renamed?"
    assert [choice.key for choice in question.choices] == ["renamed_unnamed", "empty", "refuse"]
    assert question.choices[0].label == "An unnamed column is the new name"


@pytest.mark.parametrize("by_name", [[], [Rename("unit_price", "qty", 0.9)], [Rename("other", "price", 0.9)]])
def test_a_column_without_a_likely_new_name_is_simply_missing(by_name: list[Rename]) -> None:
    found = renamings(["price"], {"unit_price": "unit_price"}, by_name)
    question = missing_question("products", "products.csv", "price", found, 3)
    assert question.kind is QuestionKind.COLUMN_MISSING
    assert [choice.key for choice in question.choices] == ["empty", "refuse"]


OTHERS = ("cost", "vat", "note", "a", "b", "c", "d")


@pytest.mark.parametrize(("others", "offered"), [(OTHERS[:1], 1), (OTHERS[:5], 5), (OTHERS, 5)])
def test_new_columns_with_other_names_are_offered_where_none_is_likely(others: tuple[str, ...], offered: int) -> None:
    question = missing_question("products", "products.csv", "price", (), 3, others)
    assert question.kind is QuestionKind.COLUMN_MISSING
    assert question.subject == "price is missing from products.csv. Load it without, or does it have a new name?"
    keys = [choice.key for choice in question.choices]
    assert keys == [*(f"renamed_{header}" for header in others[:offered]), "empty", "refuse"]
    assert all(choice.keepable for choice in question.choices[:offered])
    assert ("and 2 more" in question.evidence[1]) == (len(others) == 7)


def test_a_likely_new_name_is_offered_alone() -> None:
    found = renamings(["price"], {"unit_price": "unit_price"}, [Rename("unit_price", "price", 0.75)])
    question = missing_question("products", "products.csv", "price", found, 3, OTHERS)
    assert [choice.key for choice in question.choices] == ["renamed_unit_price", "empty", "refuse"]


def test_a_header_that_fits_several_columns_offers_each() -> None:
    question = undecided_question("tariffs", "tariffs.csv", Undecided("Cost USD", (1,), ("cost_usd", "cost_usd_2")))
    assert [choice.key for choice in question.choices] == ["is_cost_usd", "is_cost_usd_2", "refuse"]


def test_a_new_column_is_added_or_the_file_refused() -> None:
    question = new_column_question("products", "products.csv", "colour", "Colour")
    assert [choice.key for choice in question.choices] == ["add", "refuse"]
    assert question.column == "colour"
