"""Keys that look alike: composed otherwise, with letters of another script, other blanks, dashes or digits."""

from __future__ import annotations

import pytest

from refdata.core.model import FileStatus
from tests.integration.faults.conftest import require_held_until_answered
from tests.integration.ingest.conftest import APPEND, FULL, Site
from tests.integration.ingest.test_rules import declare

PAIRS = [
    pytest.param("caf\u00e9-1", "cafe\u0301-1", id="composed otherwise"),
    pytest.param("A1", "\u04101", id="a Cyrillic letter"),
    pytest.param("KM-2", "\u039a\u039c-2", id="Greek letters"),
    pytest.param("GROSS", "GRO\u00df", id="sharp s"),
    pytest.param("A17", "\uff2117", id="a full-width letter"),
    pytest.param("A17", "A\uff11\uff17", id="full-width digits"),
    pytest.param("A 1", "A\u00a01", id="a blank that does not break"),
    pytest.param("A 1", "A  1", id="two blanks"),
    pytest.param("A1", "A\u200b1", id="a space without width"),
    pytest.param("A-1", "A\u20131", id="a dash"),
    pytest.param("A-1", "A\u20111", id="a hyphen that does not break"),
    pytest.param("C\u00f4te d'Or", "C\u00f4te d\u2019Or", id="an apostrophe"),
]
OTHERS = "".join(f"X{number},other {number}\n" for number in range(12))


def table(*keys: str) -> str:
    return "code,name\n" + OTHERS + "".join(f"{key},this\n" for key in keys)


@pytest.mark.parametrize(("plain", "odd"), PAIRS)
@pytest.mark.parametrize("was_odd", [False, True])
def test_a_full_load_that_writes_a_key_in_another_way_is_asked_about(
    site: Site, plain: str, odd: str, was_odd: bool
) -> None:
    first, later = (odd, plain) if was_odd else (plain, odd)
    before = require_held_until_answered(site, table(first), table(later), FULL, "keys_repeated:code")
    assert len(site.rows("t")) == len(before)
    again = site.load(site.drop("t.csv", table(later).replace("this", "that")), "run 3")
    assert (again.status, again.warnings) == (FileStatus.COMPLETED, ())


@pytest.mark.parametrize(("plain", "odd"), PAIRS)
@pytest.mark.parametrize("was_odd", [False, True])
def test_an_append_of_a_key_that_looks_like_one_of_the_table_warns(
    site: Site, plain: str, odd: str, was_odd: bool
) -> None:
    first, later = (odd, plain) if was_odd else (plain, odd)
    site.load(site.drop("t.csv", table(first), folder=APPEND))
    row = site.load(site.drop("t.csv", f"code,name\n{later},that\nY1,new\n", folder=APPEND), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert any(one.startswith("1 value of code differs from values in t only by case") for one in row.warnings)


@pytest.mark.parametrize(("plain", "odd"), PAIRS)
def test_a_file_whose_keys_look_alike_warns_at_first_and_asks_later(site: Site, plain: str, odd: str) -> None:
    row = site.load(site.drop("new.csv", table(plain, odd)))
    assert any(one.startswith("1 value of code repeats another one") for one in row.warnings), row.warnings
    require_held_until_answered(site, table(plain), table(plain, odd), FULL, "keys_repeated:code")
    again = site.load(site.drop("t.csv", table(plain, odd).replace("this", "that")), "run 3")
    assert again.status is FileStatus.COMPLETED, "the table has both keys now"


@pytest.mark.parametrize(("plain", "odd"), PAIRS[:5])
def test_a_stated_key_warns_of_keys_that_look_like_those_of_the_table(site: Site, plain: str, odd: str) -> None:
    declare(site, {"name": "t", "schema": {"primaryKey": ["code"]}})
    site.load(site.drop("t.csv", table(plain)))
    row = site.load(site.drop("t.csv", table(odd)), "run 2")
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert any("look-alike letters" in one for one in row.warnings), row.warnings


def test_a_long_append_to_a_long_table_finds_the_key_too(site: Site) -> None:
    rows = "".join(f"K{number},a\n" for number in range(12_000))
    site.load(site.drop("t.csv", "code,name\n" + rows, folder=APPEND))
    more = "".join(f"L{number},a\n" for number in range(12_000))
    row = site.load(site.drop("t.csv", f"code,name\n{more}\u041a77,b\n", folder=APPEND), "run 2")
    assert any("1 value of code differs" in one for one in row.warnings), row.warnings


@pytest.mark.parametrize("keys", [("m2", "m\u00b2"), ("mg", "\u00b5g"), ("e", "\u00e9"), ("O1", "01"), ("A-1", "A1")])
def test_keys_that_people_tell_apart_are_loaded_in_silence(site: Site, keys: tuple[str, str]) -> None:
    for number, content in enumerate((table(keys[0]), table(*keys), table(keys[1]))):
        row = site.load(site.drop("t.csv", content), f"run {number}")
        assert (row.status, row.warnings) == (FileStatus.COMPLETED, ())
