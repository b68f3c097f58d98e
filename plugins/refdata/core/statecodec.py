"""The watcher's state as small JSON values for Airflow's asset state store.

A value contains up to ``PART_FILES`` files, 24 characters each, and so stays under the store's
64 KB (``[state_store] max_value_storage_bytes``); a larger state needs several values. Each value is
complete in itself: after a crash between two writes the parts may come from two checks. The merged state
then has the lesser progress of each file and the later time of the last check, so a wait can get longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeGuard, TypeVar

from refdata.core.stability import DIGEST_LENGTH, Phase, Watched, WatchState, digest

_JsonDict: TypeAlias = dict[str, "int | str | dict[str, str]"]

T = TypeVar("T")

VERSION = 1
ASSET = "refdata_dropoff"
"""Name of the asset that represents the dropoff tree; its state store keeps the values."""
PART_FILES = 2_400
"""Most files in one value: 2,400 × 24 characters are 57,600."""
PART_REPORTS = 400
"""Most digests of reported places beside them: another 4,800 characters."""


class StoredStateError(ValueError):
    """The store contains something that ``encode`` did not write."""


_GROUP = re.compile(r"([wor])(\d+)")


def key_of(root: str, number: int) -> str:
    """The key of one of a dropoff root's values in the store."""
    return f"watch.{digest(root)}.{number}"


def encode(state: WatchState) -> tuple[_JsonDict, ...]:
    """The state as JSON values, at least one; the first contains their number."""
    files = _chunks(sorted(state.files.items()), PART_FILES)
    reported = _chunks(sorted(state.reported), PART_REPORTS)
    parts = max(1, len(files), len(reported))
    return tuple(
        {
            **_head(state, parts),
            "files": _grouped(files[number] if number < len(files) else ()),
            "reported": "".join(reported[number] if number < len(reported) else ()),
        }
        for number in range(parts)
    )


def part_count(first: object) -> int:
    """How many values the state consists of, read from its first.

    :raises StoredStateError: when that value was not made by ``encode``.
    """
    if not _is_part(first):
        raise StoredStateError("not a stored watch state")
    return _number(first, "parts")


def decode(parts: Sequence[object]) -> WatchState:
    """The state from its values; no values give the empty state.

    :raises StoredStateError: when a value was not made by ``encode``.
    """
    state = WatchState()
    for part in parts:
        if not _is_part(part):
            raise StoredStateError("not a stored watch state")
        state = _merged(state, _decoded(part))
    return state


def _chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _head(state: WatchState, parts: int) -> _JsonDict:
    head: _JsonDict = {"v": VERSION, "parts": parts, "interval": state.interval_ns, "carrier": state.carrier}
    return head if state.checked_ns is None else {**head, "checked": state.checked_ns}


def _grouped(entries: Sequence[tuple[str, Watched]]) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for place, watched in entries:
        groups.setdefault(f"{watched.phase.value}{watched.checks}", []).append(place + watched.identity)
    return {name: "".join(digests) for name, digests in groups.items()}


def _decoded(part: Mapping[str, object]) -> WatchState:
    groups = part.get("files", {})
    reported = part.get("reported", "")
    carrier = part.get("carrier", "")
    if not (isinstance(groups, dict) and isinstance(reported, str) and isinstance(carrier, str)):
        raise StoredStateError("not a stored watch state")
    files = {place: watched for name, text in groups.items() for place, watched in _ungrouped(name, text)}
    checked = _number(part, "checked") if "checked" in part else None
    return WatchState(files, frozenset(_split(reported, DIGEST_LENGTH)), checked, _number(part, "interval"), carrier)


def _ungrouped(name: str, text: object) -> Iterator[tuple[str, Watched]]:
    match = _GROUP.fullmatch(name)
    if match is None or not isinstance(text, str):
        raise StoredStateError("not a stored watch state")
    for pair in _split(text, 2 * DIGEST_LENGTH):
        yield pair[:DIGEST_LENGTH], Watched(pair[DIGEST_LENGTH:], int(match[2]), Phase(match[1]))


def _split(text: str, width: int) -> Iterator[str]:
    if len(text) % width:
        raise StoredStateError("a stored watch state is cut off")
    return (text[start : start + width] for start in range(0, len(text), width))


def _merged(one: WatchState, other: WatchState) -> WatchState:
    """Two parts of one state. Parts of one check differ only in their entries; otherwise the lesser progress wins."""
    if one.checked_ns is None:
        return replace(other, files={**one.files, **other.files}, reported=one.reported | other.reported)
    files = dict(one.files)
    for place, watched in other.files.items():
        files[place] = _lesser(files[place], watched) if place in files else watched
    return WatchState(
        files,
        one.reported | other.reported,
        max(one.checked_ns, other.checked_ns or 0),
        min(one.interval_ns, other.interval_ns),
        # Offers of two runs cannot both be confirmed: no run of this name exists, so they are repeated.
        one.carrier if one.carrier == other.carrier else "?",
    )


def _lesser(one: Watched, other: Watched) -> Watched:
    if one.identity != other.identity:
        return Watched("?" * DIGEST_LENGTH)
    return Watched(
        one.identity, min(one.checks, other.checks), one.phase if one.phase is other.phase else Phase.WAITING
    )


def _is_part(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict) and value.get("v") == VERSION


def _number(part: Mapping[str, object], key: str) -> int:
    value = part.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise StoredStateError(f"a stored watch state lacks {key}")
    return value
