"""The watcher's state in Airflow's asset state store."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.stability import Phase, Watched, WatchState, digest
from refdata.core.statecodec import StoredStateError, decode, encode, part_count

STORE_LIMIT = 65_535
"""``[state_store] max_value_storage_bytes`` of Airflow 3.3."""

digests = st.text().map(lambda text: digest(text.encode("utf-8", "replace").decode()))
watched = st.builds(Watched, digests, st.integers(0, 10_000), st.sampled_from(Phase))
states = st.builds(
    WatchState,
    st.dictionaries(digests, watched, max_size=20),
    st.frozensets(digests, max_size=20),
    st.none() | st.integers(0, 2**62),
    st.integers(0, 2**62),
    st.text(alphabet="abc_:.+-0", max_size=50),
)


def crowd(count: int) -> WatchState:
    files = {digest(f"file {number}"): Watched(digest(str(number)), number % 7) for number in range(count)}
    return WatchState(files, frozenset(map(digest, map(str, range(count)))), 1_700_000_000_000_000_000, 15, "run")


@given(states)
def test_a_state_survives_the_store(state: WatchState) -> None:
    assert decode(json.loads(json.dumps(encode(state)))) == state


@pytest.mark.parametrize("count", [0, 1, 2_000, 2_400, 2_401, 10_000])
def test_every_value_stays_under_the_stores_limit(count: int) -> None:
    parts = encode(crowd(count))
    assert max(len(json.dumps(part)) for part in parts) < STORE_LIMIT
    assert part_count(parts[0]) == len(parts)
    assert decode(parts) == crowd(count)


def test_parts_of_two_checks_merge_to_the_lesser_knowledge() -> None:
    """A crash between two writes leaves a new second part beside an old first one."""
    place, same = digest("a"), digest("1")
    old = WatchState({place: Watched(same, 3)}, checked_ns=100, interval_ns=15)
    new = WatchState({place: Watched(same, 4, Phase.OFFERED), digest("b"): Watched(same, 1)}, frozenset(), 115, 15, "x")
    merged = decode([*encode(old), *encode(new)])
    assert merged.checked_ns == 115
    assert merged.files == {place: Watched(same, 3), digest("b"): Watched(same, 1)}
    assert merged.carrier not in ("", "x")


def test_a_file_known_under_two_identities_counts_from_the_start() -> None:
    place = digest("a")
    old = WatchState({place: Watched(digest("1"), 5)}, checked_ns=100, interval_ns=15)
    new = replace(old, files={place: Watched(digest("2"), 5)})
    merged = decode([*encode(old), *encode(new)]).files[place]
    assert merged.identity not in (digest("1"), digest("2"))
    assert merged.checks == 0


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        7,
        [],
        {},
        {"v": 2},
        {"v": 1},
        {"v": 1, "interval": True},
        {"v": 1, "interval": 1, "files": []},
        {"v": 1, "interval": 1, "files": {"w1": "short"}},
        {"v": 1, "interval": 1, "files": {"x1": ""}},
        {"v": 1, "interval": 1, "files": {"w1": 5}},
        {"v": 1, "interval": 1, "reported": "cut"},
        {"v": 1, "interval": 1, "checked": "now"},
        {"v": 1, "interval": 1, "carrier": 5},
    ],
)
def test_an_unknown_state_is_refused(value: object) -> None:
    with pytest.raises(StoredStateError):
        decode([value])
