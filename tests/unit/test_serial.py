"""Values from one task to the next come out of XCom's JSON unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import ConfigurationError
from refdata.core.failure import Failure
from refdata.core.filemodel import Format, Scan, ScannedColumn
from refdata.core.model import DroppedFile, LoadType
from refdata.ingest.context import Detection, Loaded
from refdata.serial import from_json, to_json

TRAVELLERS = (DroppedFile, Detection, Loaded, Failure)


@pytest.mark.parametrize("kind", TRAVELLERS)
@given(data=st.data())
def test_a_value_survives_xcom(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    written = json.dumps(to_json(value))
    back: object = from_json(kind, json.loads(written))
    assert repr(back) == repr(value)  # repr also distinguishes an enum from plain text, and treats NaN as equal
    assert json.dumps(to_json(back)) == written


def test_json_holds_words_not_python() -> None:
    scan = Scan((ScannedColumn("Code", "code", None),), 1, 0, "ab", 2)
    written = to_json(Detection(1, Format("utf-8", ",", '"', "", True, ("Code",)), scan))
    assert written["scan"]["columns"][0]["type"] is None
    assert written["format"]["header"] == ["Code"]


@dataclass(frozen=True)
class _Sample:
    count: int
    load_type: LoadType


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"count": "many", "load_type": "append"}, "count"),
        ({"count": 1}, "load_type"),
        ({"count": 1, "load_type": "weekly"}, "load_type"),
        (None, "_Sample"),
        ("text", "_Sample"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_their_place(value: object, place: str) -> None:
    with pytest.raises(ConfigurationError, match=place):
        from_json(_Sample, value)
