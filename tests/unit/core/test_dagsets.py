"""Two sets of DAGs share neither ids nor files nor a ledger."""

from __future__ import annotations

from typing import Any

import pytest

from refdata.core.dagsets import require_apart
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings

MAIN = Settings(dropoff_root="/data/drop")
SECOND: dict[str, Any] = {"dropoff_root": "/data/eu", "dag_prefix": "eu_", "ref_schema": "eu", "bkp_schema": "eu_bkp"}


@pytest.mark.parametrize(
    ("changed", "shared"),
    [
        ({"dag_prefix": ""}, "the prefix ''"),
        ({"dropoff_root": "/data/drop"}, "overlaps with that of another set, /data/drop"),
        ({"dropoff_root": "/data/drop/"}, "overlaps"),
        ({"dropoff_root": "/data/drop/eu"}, "overlaps"),
        ({"dropoff_root": "/data"}, "overlaps"),
        ({"ref_schema": "ref"}, "the schema ref of connection refdata_default"),
        ({"ref_schema": "REF"}, "the schema ref"),
        ({"bkp_schema": "bkp"}, "the schema bkp"),
        ({"ref_schema": "bkp"}, "the schema bkp"),
    ],
)
def test_what_a_set_shares_with_another_is_refused(changed: dict[str, Any], shared: str) -> None:
    with pytest.raises(ConfigurationError, match="set") as refused:
        require_apart(Settings(**{**SECOND, **changed}), [MAIN])
    assert shared in refused.value.what
    assert refused.value.advice


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"conn_id": "other", "ref_schema": "ref", "bkp_schema": "bkp"},
        {"dropoff_root": "/data/drop_eu"},
        {"dropoff_root": "s3://files@bucket/eu"},
    ],
)
def test_a_set_of_its_own_is_allowed(changed: dict[str, Any]) -> None:
    require_apart(Settings(**{**SECOND, **changed}), [MAIN])
    require_apart(MAIN, [Settings(**{**SECOND, **changed})])
