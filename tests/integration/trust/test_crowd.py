"""Several loads at a time end as one after the other; ``python -m benchmarks.crowd`` does it at full size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.trust.crowd import Crowd, drops
from tests.integration.trust.site import SqliteSite
from tests.integration.trust.state import State, differences


def one_by_one(memory: Path, files: int, tables: int) -> State:
    crowd = Crowd(SqliteSite(memory), workers=1)
    crowd.site.make()
    crowd.drop(drops(files, tables), writers=1)
    crowd.load_one_by_one()
    return crowd.end()


@pytest.mark.parametrize(("files", "tables", "deployments"), [(24, 4, 1), (12, 3, 2)])
def test_loads_at_a_time_end_as_one_by_one_by_mtime_then_name(
    memory: Path, files: int, tables: int, deployments: int
) -> None:
    expected = one_by_one(memory, files, tables)
    crowd = Crowd(SqliteSite(memory), workers=4, deployments=deployments)
    crowd.site.make()
    crowd.drop(drops(files, tables))
    crowd.load()
    assert differences(crowd.end(), expected) == []
