"""Options set in the text of an ``airflow.cfg``: read back as written, and nothing else changes."""

from __future__ import annotations

from configparser import ConfigParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.cfgtext import with_options

CASES = {
    "no file yet": ("", "[refdata]\nroot = /in\n"),
    "another section only": ("[core]\nx = 1\n", "[core]\nx = 1\n\n[refdata]\nroot = /in\n"),
    "replaced in place": (
        "[refdata]\n# why\nroot = old\nother = 1\n[z]\nroot = z\n",
        "[refdata]\n# why\nroot = /in\nother = 1\n[z]\nroot = z\n"
    ),
    "added below the header": ("[refdata]\nother = 1\n", "[refdata]\nroot = /in\nother = 1\n"),
    "a commented line is not an option": ("[refdata]\n# root = x\n", "[refdata]\nroot = /in\n# root = x\n"),
    "continuation lines go too": ("[refdata]\nroot = a\n  b\n  c\nother = 1\n", "[refdata]\nroot = /in\nother = 1\n"),
    "colon and capitals": ("[refdata]\nROOT: a\n", "[refdata]\nroot = /in\n"),
    "a longer name stays": ("[refdata]\nroot_of_all = a\n", "[refdata]\nroot = /in\nroot_of_all = a\n"),
    "no line end": ("[refdata]\nroot = a", "[refdata]\nroot = /in\n"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_the_option_is_set_and_the_rest_stays(text: str, expected: str) -> None:
    assert with_options(text, "refdata", {"root": "/in"}) == expected
    assert with_options(expected, "refdata", {"root": "/in"}) == expected, "again, nothing changes"


NAMES = st.sampled_from(["root", "conn_id", "other"])
VALUES = st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=12).map(lambda text: f"/{text}")


OPTIONS = st.dictionaries(NAMES, VALUES)


@given(st.dictionaries(st.sampled_from(["core", "refdata", "z"]), OPTIONS), OPTIONS)
def test_new_and_existing_options_are_read_back(before: dict[str, dict[str, str]], options: dict[str, str]) -> None:
    text = "".join(
        f"[{section}]\n" + "".join(f"{name} = {value.replace('%', '%%')}\n" for name, value in values.items())
        for section, values in before.items()
    )
    parser = ConfigParser()
    parser.read_string(with_options(text, "refdata", options))
    found = {section: dict(parser[section]) for section in parser.sections()}
    assert found == {**before, "refdata": {**before.get("refdata", {}), **options}}
