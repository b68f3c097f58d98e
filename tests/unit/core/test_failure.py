"""A failure keeps its parts from the step to the ledger and back, whatever they contain."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import DataError, DeadlockError, RefdataError
from refdata.core.failure import Failure, failure_of
from refdata.core.model import Load

EMPTY = Load(**{spec.name: None for spec in dataclasses.fields(Load)})  # type: ignore[arg-type]


def kept(what: Failure) -> Load:
    """The ledger's row after the failure was written to it."""
    names = ("error_category", "error_what", "error_where", "error_advice", "error_message")
    return dataclasses.replace(EMPTY, **dict(zip(names, what.columns, strict=True)))  # type: ignore[arg-type]


TEXTS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60)


@given(TEXTS, TEXTS, TEXTS)
def test_the_parts_come_back_as_they_were_written(what: str, where: str, advice: str) -> None:
    reported = Failure.of(DataError(what, where=where, advice=advice), "load_rows")
    found = failure_of(kept(reported))
    assert (found.category, found.what, found.where, found.advice) == ("data", what, where, advice)


PLACES = ["a[1].csv", "", "line 3, column [x]", "a [b] c."]


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("what", ["Is it there?", "It broke. What to do: nothing.", "x" * 10_000])
def test_no_place_and_no_advice_is_lost(what: str, where: str) -> None:
    found = failure_of(kept(Failure.of(DataError(what, where=where, advice="Correct it."), "load_rows")))
    assert (found.what, found.where, found.advice) == (what, where, "Correct it.")


def test_parts_that_an_earlier_failure_left_do_not_speak_for_the_newer_one() -> None:
    row = kept(Failure.of(DataError("It is bad", advice="Correct it"), "load_rows"))
    newer = failure_of(dataclasses.replace(row, error_category="schema", error_message="It does not fit [t]."))
    assert (newer.category, newer.what, newer.where, newer.advice) == ("schema", "It does not fit [t].", "", "")


def test_a_row_without_a_failure_says_nothing() -> None:
    assert failure_of(EMPTY).what == ""


@pytest.mark.parametrize(("error", "transient"), [(DeadlockError("x"), True), (DataError("x"), False)])
def test_the_branch_of_the_error_says_whether_the_file_is_at_fault(error: RefdataError, transient: bool) -> None:
    assert Failure.of(error, "load_rows").transient is transient
