"""What the watcher knew after its last check, read from Airflow's state store where the watch keeps it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from refdata.config import load_settings
from refdata.core.stability import WatchState
from refdata.core.statecodec import ASSET, StoredStateError, decode, key_of, part_count

log = logging.getLogger(__name__)


def stored_state(root: str) -> WatchState | None:
    """The state of the watch on a dropoff root; None where the store does not have it in a form known here.

    None, too, before the first watch run, and where workers keep values in a store of their own
    (``[workers] state_store_backend``): Airflow's database then has only a reference.
    """
    from airflow.utils.session import create_session

    try:
        with create_session() as session:
            read = _reader(session)
            first = read(key_of(root, 0))
            if first is None:
                return None
            return _decoded((first, *(read(key_of(root, number)) for number in range(1, _parts(first)))))
    except StoredStateError as error:
        log.info("What the watcher knows cannot be shown: %s", error)
        return None


@lru_cache(maxsize=1)
def _parts(first: str) -> int:
    return part_count(json.loads(first))


@lru_cache(maxsize=1)
def _decoded(texts: tuple[str | None, ...]) -> WatchState:
    """Of the last texts only: many pages ask between two checks."""
    return decode([None if text is None else json.loads(text) for text in texts])


def _reader(session: Any) -> Callable[[str], str | None]:
    """Reads values of the asset's store by their key; a state of 10,000 files has five."""
    from airflow.models.asset import AssetModel
    from airflow.state import AssetScope, get_state_backend

    name = f"{load_settings().dag_prefix}{ASSET}"
    newest = session.query(AssetModel.id).filter(AssetModel.name == name).order_by(AssetModel.id.desc()).first()
    if newest is None:
        return lambda _: None
    backend, scope = get_state_backend(), AssetScope(asset_id=newest[0])
    return lambda key: backend.get(scope, key, session=session)
