"""Damaged codes of many kinds are found among passing values, and led back to what they were."""

from __future__ import annotations

import datetime
import random
import re
from collections.abc import Callable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.codedamage import ChangedCode, CodeDamage, Sensitive, candidates, changed, is_round
from refdata.csvformat.codesigns import signs
from refdata.csvformat.values import Values

Code = Callable[[random.Random], tuple[str, str]]
"""Makes a code, and what becomes of it."""


def behind(rng: random.Random) -> tuple[str, str]:
    mark, whole = rng.choice(".,"), str(rng.randrange(100))
    fraction, zeros = rng.choice(["", str(rng.randint(1, 9))]), "0" * rng.randint(1, 3)
    return f"{whole}{mark}{fraction}{zeros}", f"{whole}{mark}{fraction}" if fraction else whole


def around(rng: random.Random) -> tuple[str, str]:
    mark, whole, fraction = rng.choice(".,"), str(rng.randrange(1, 100)), str(rng.randint(1, 9))
    return f"{'0' * rng.randint(1, 2)}{whole}{mark}{fraction}{'0' * rng.randint(0, 3)}", f"{whole}{mark}{fraction}"


def within(rng: random.Random) -> tuple[str, str]:
    width = rng.randint(2, 4)
    code = rng.choice(["DE-{}", "{}/2024", "A{}", "7-{}B", "A.{}.B", "X {}", "1-{}-2", "{}:{}"])
    number = str(rng.randint(1, 9))
    return code.format(*[number.zfill(width)] * 2), code.format(*[number] * 2)


def marked(rng: random.Random) -> tuple[str, str]:
    code = rng.choice(["0{:04}", "DE-{:03}", "{:06}", "K{}", "{:02}/24"]).format(rng.randrange(1, 99))
    return code, rng.choice(["'{}", '="{}"']).format(code)


def rounded(rng: random.Random) -> tuple[str, str]:
    digits = rng.randint(12, 20)
    number = rng.randrange(10 ** (digits - 1), 10**digits) // 10 * 10 + rng.randint(1, 9)
    kept = 15 if digits > 15 and rng.random() < 0.5 else rng.choice([3, 6])
    return str(number), str(number)[:kept].ljust(digits, "0")


def dated(rng: random.Random) -> tuple[str, str]:
    month, day = rng.randint(1, 12), rng.randint(1, 28)
    names = ["JAN", "FEB", "MARCH", "APR", "MAY", "JUN", "JUL", "AUG", "SEPT", "OCT", "NOV", "DEC"]
    codes = [f"{month}-{day}", f"{day}/{month}", f"{month:02}-{day:02}", f"{names[month - 1]}{day}", f"{day}.{month}"]
    date = datetime.date(rng.randint(1990, 2030), month, day)
    serial = str((date - datetime.date(1899, 12, 30)).days)
    shown = [
        date.isoformat(),
        f"{date} 00:00:00",
        f"{day:02}.{month:02}.{date.year}",
        f"{month}/{day}/{date.year}",
        serial,
    ]
    return rng.choice(codes), rng.choice(shown)


def grouped(rng: random.Random) -> tuple[str, str]:
    number, mark = rng.randrange(10**3, 10**11), rng.choice([" ", "'", ".", ",", "\u00a0", "\u202f", "\u2019"])
    behind = rng.choice(["", "", ".0", ",00"])
    return str(number).zfill(rng.choice([1, 12])), f"{number:,}".replace(",", mark) + behind


def decimals(rng: random.Random) -> tuple[str, str]:
    number = str(rng.randrange(10**9))
    return number.zfill(rng.choice([1, len(number) + 1])), number + rng.choice(".,") + "0" * rng.choice([1, 1, 2, 6])


def in_front(rng: random.Random) -> tuple[str, str]:
    number, zeros = str(rng.randrange(1, 10**7)), rng.sample(range(1, 5), 2)
    return "0" * zeros[0] + number, "0" * zeros[1] + number


KINDS = [(CodeDamage.ZEROS_BEHIND, behind), (CodeDamage.ZEROS_AROUND, around), (CodeDamage.ZEROS_WITHIN, within),
         (CodeDamage.MARKED, marked), (CodeDamage.ROUNDED, rounded), (CodeDamage.DATED, dated),
         (CodeDamage.GROUPED, grouped), (CodeDamage.DECIMALS, decimals),
         (CodeDamage.ZEROS_IN_FRONT, in_front)]  # fmt: skip


@pytest.mark.parametrize(("damage", "make"), KINDS, ids=[damage.name for damage, _ in KINDS])
@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_code_is_a_sign_and_leads_to_what_it_was(damage: CodeDamage, make: Code, seed: int) -> None:
    rng = random.Random(seed)
    old, new = make(rng)
    others = [rng.choice(["beta", "x-y", "é"]), "", "none"]
    found = set(signs(Values.of(pa.array([*others, new, "y"])), Sensitive.of([old, *others])))
    assert found == {new}, old
    (pair,) = changed([*others, old], [new])
    assert pair == ChangedCode(damage, pair.old, new)
    assert pair.old == old
    if damage is not CodeDamage.ROUNDED:
        assert old in candidates(new)


@pytest.mark.parametrize("make", [make for _, make in KINDS])
@pytest.mark.parametrize("seed", range(5))
def test_codes_as_they_always_were_are_no_change(make: Code, seed: int) -> None:
    rng = random.Random(seed)
    codes = sorted({make(rng)[0] for _ in range(20)})
    assert changed([], codes) == ()


NO_CHANGE = [
    (["1.05"], ["1.5"]),
    (["2024-01-02"], ["2025-01-02"]),
    (["A-1"], ["A-2", "A-10"]),
    (["1.1"], ["1.10"]),
    (["DE-1"], ["DE-01"]),
    (["see 01 " + "x" * 40], ["see 1 " + "x" * 40]),
    (["1234567890123456"], ["1234700000000000", "1234567890123457"]),
    (["12345"], ["45293"]),
    (["rock 'n' roll"], ["'n' roll"]),
    (["A7"], ["2024-01-07"]),
    (["1234"], ["1.235", "1,23", "12.34", "1.234,567", "1234.5"]),
    (["0012"], ["12", "00121", "A0012"]),
]


@pytest.mark.parametrize(("old", "new"), NO_CHANGE)
def test_other_values_are_no_change(old: list[str], new: list[str]) -> None:
    assert changed(old, new) == ()


@given(st.lists(st.text("01.-/'=DE2 ", max_size=8), max_size=8), st.booleans())
def test_signs_are_those_found_value_by_value(texts: list[str], numbers: bool) -> None:
    """Whatever the bytes are: the checks at fixed places exclude nothing that the expressions would find."""
    sensitive = Sensitive(behind=numbers, group=2, marked=True, dated=True, serials=numbers)
    found = set(signs(Values.of(pa.array(texts, pa.string())), sensitive))
    patterns = [r"'.+|=\".+\"", r"(.*[^0-9])?[0-9]([^0-9].*)?", r"\d{4}([-/.]\d\d?){2}|(\d\d?[-/.]){2}\d{4}"]
    patterns += [r"-?[0-9]+([.,][0-9]*[1-9])?", "[1-7][0-9]{4}"] if numbers else []
    assert found == {text for text in texts if any(re.fullmatch(pattern, text) for pattern in patterns)}


@pytest.mark.parametrize("number", ["12345", "123456789012", "1234567890123456", "0" * 12, "12345600000x"])
def test_a_number_with_all_its_digits_is_not_round(number: str) -> None:
    assert not is_round(number)
