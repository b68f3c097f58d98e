"""Whole numbers with an exponent, written out without a loss; codes such as ``1E5`` stay as they are."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.columnevidence import Evidence
from refdata.core.inference import decide
from refdata.csvformat.infer import gather
from refdata.csvformat.powers import whole_number, written_out


@st.composite
def powers(draw: st.DrawFn) -> tuple[str, int]:
    """A whole number with an exponent as programs write it, and the number."""
    digits = draw(st.from_regex(r"[1-9]([0-9]{0,4}[1-9])?", fullmatch=True))
    exponent = draw(st.integers(len(digits) - 1, 12))
    mantissa = digits[0] + (f".{digits[1:]}" if digits[1:] else "")
    sign = draw(st.sampled_from(["+", ""])) if "." in mantissa else "+"
    text = f"{draw(st.sampled_from(['', '-']))}{mantissa}{draw(st.sampled_from('eE'))}{sign}{exponent:02}"
    return text, int(Decimal(text))


@given(st.lists(st.tuples(powers(), st.integers(0, 10**6)), min_size=1, max_size=8))
def test_numbers_with_an_exponent_beside_whole_ones_are_the_whole_numbers(
    rows: list[tuple[tuple[str, int], int]],
) -> None:
    texts = [text for (power, _), plain in rows for text in (power, str(plain))]
    numbers = [number for (_, power), plain in rows for number in (power, plain)]
    assert [int(text) for text in written_out(pa.array(texts, pa.string())).to_pylist()] == numbers
    decision = decide(gather(pa.array(texts, pa.string()), Evidence()))
    if "E+1" not in " ".join(texts):  # 1.2E+11 beside plain numbers are codes that a spreadsheet rounded
        assert str(decision.type) == ("INT" if max(map(abs, numbers)) < 10**9 else "BIGINT")
        assert "1e+05" in decision.warnings[0]


UNTOUCHED = ["1E5", "2e3", "12E1", "1.5e+00", "1.25E+1", "1e-05", "1e+20", "E+5", "1e+", "01e+05", "nan", "", "1e+100"]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_a_code_or_not_whole_stays_as_it_is(text: str) -> None:
    assert written_out(pa.array([text, "1e+05"], pa.string())).to_pylist() == [text, "100000"]


def test_a_number_that_is_too_long_is_not_written_out() -> None:
    assert whole_number("1e+17") == "1" + 17 * "0"
    assert whole_number("1e+18") == ""


TYPES = [
    (["1e+05", "2e+04"], "FLOAT"), (["1.5e-3", "7"], "FLOAT"), (["1e+05", "7.5"], "FLOAT"), (["1.25E+1", "7"], "FLOAT"),
    (["1e+16", "7"], "FLOAT"), (["2E5", "3E1"], "NVARCHAR"), (["2E5", "31"], "NVARCHAR"), (["1E3", "12E1"], "NVARCHAR"),
    (["2E5", "12A"], "NVARCHAR"), (["1e+05", "12A"], "NVARCHAR"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "want"), TYPES)
def test_measurements_and_codes_keep_their_types(texts: list[str], want: str) -> None:
    kind = decide(gather(pa.array(texts, pa.string()), Evidence())).type
    assert kind is not None
    assert kind.kind == want
