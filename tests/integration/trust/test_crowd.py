"""Several loads at a time end as one after the other; ``python -m benchmarks.crowd`` does it at full size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.engines import MSSQL, SQLITE
from tests.integration.trust.crowd import Crowd, drops
from tests.integration.trust.site import Site, opened
from tests.integration.trust.state import State, differences


@pytest.mark.parametrize("engine", [SQLITE, MSSQL])
@pytest.mark.parametrize(("files", "tables", "deployments"), [(24, 4, 1), (12, 3, 2)])
def test_loads_at_a_time_end_as_one_by_one_by_mtime_then_name(
    memory: Path, engine: str, files: int, tables: int, deployments: int
) -> None:
    with opened(engine, memory) as site:
        expected = one_by_one(site, files, tables)
        crowd = Crowd(site, workers=4, deployments=deployments)
        crowd.site.make()
        crowd.drop(drops(files, tables))
        crowd.load()
        assert differences(crowd.end(), expected) == []


def one_by_one(site: Site, files: int, tables: int) -> State:
    crowd = Crowd(site, workers=1)
    crowd.site.make()
    crowd.drop(drops(files, tables), writers=1)
    crowd.load_one_by_one()
    return crowd.end()
