"""Several workers at one object: what each server promises, by real races on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from refdata.core.settings import Settings
from tests.integration.places import BUCKETS

RACERS = 12


@pytest.mark.parametrize("kind", BUCKETS)
def test_of_many_who_create_the_same_object_one_succeeds(kind: str, tmp_path: Path) -> None:
    store = BUCKETS[kind](tmp_path).source(Settings()).store
    with ThreadPoolExecutor(RACERS) as pool:
        for race in range(5):
            made = list(pool.map(lambda one, name=f"race-{race}": store.create(name, str(one).encode()), range(RACERS)))
            assert made.count(True) == 1
            assert store.content(f"race-{race}") == str(made.index(True)).encode()
