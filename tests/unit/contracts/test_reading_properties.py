"""Any contract file is either read, or refused with a line."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from refdata.contracts.keys import CONTRACT, Key
from refdata.contracts.reading import read_contract
from refdata.contracts.starter import starter
from refdata.contracts.writing import descriptor
from refdata.core.contract import Contract
from refdata.core.errors import ConfigurationError


def names(keys: tuple[Key, ...]) -> set[str]:
    return {key.name for key in keys} | {name for key in keys for name in names(key.section)}


KEYS = sorted(names(CONTRACT))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 99999)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["date", "string", "%d/%m/%Y", "utf-8", "cp1252", ";", "refuse", "null", "[", "DECIMAL(5,2)", "5%"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=25,
)


def section(keys: tuple[Key, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """A section with some of its keys, with any content below them, mostly of the right shape."""

    def value(key: Key) -> st.SearchStrategy[Any]:
        if not key.section:
            return VALUES
        below = section(key.section)
        return (st.lists(below, max_size=2) if key.listed else below) | VALUES

    return st.fixed_dictionaries({}, optional={key.name: value(key) for key in keys if key.name != "csv"})


def read(text: str) -> Contract | None:
    try:
        return read_contract(text, "airports", "contracts/airports.yaml")
    except ConfigurationError as error:
        assert "contracts/airports.yaml" in error.where
        return None


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


@settings(max_examples=60, deadline=None)
@given(section(CONTRACT))
def test_any_values_are_read_or_refused_and_what_is_read_can_be_written_and_begun_with(
    document: dict[str, Any],
) -> None:
    found = read(yaml.safe_dump(document, allow_unicode=True))
    if found is not None:
        assert read(json.dumps(descriptor(found))) is not None
        assert read(starter(found, "airports.csv")) is not None


@pytest.mark.parametrize(
    "text", ["\x00", "a: \x07", "\ud800", "- " * 40, "!!python/object:os.system {}", "!x {a: 1}", "<<: 5"]
)
def test_hostile_text_is_refused(text: str) -> None:
    assert read(text) is None
