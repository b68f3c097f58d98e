"""What the watcher knew after its last check, read from Airflow's state store where the watch keeps it."""

from __future__ import annotations

import json
import logging
from functools import lru_cache

from refdata.core.stability import WatchState
from refdata.core.statecodec import ASSET, StoredStateError, decode, key_of, part_count

log = logging.getLogger(__name__)


def stored_state(root: str) -> WatchState | None:
    """The state of the watch on a dropoff root; None where the store does not have it in a form known here.

    None, too, before the first watch run, and where workers keep values in a store of their own
    (``[workers] state_store_backend``): Airflow's database then has only a reference.
    """
    try:
        first = _text(key_of(root, 0))
        if first is None:
            return None
        return _decoded((first, *(_text(key_of(root, number)) for number in range(1, _parts(first)))))
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


def _text(key: str) -> str | None:
    from airflow.models.asset import AssetModel
    from airflow.state import AssetScope, get_state_backend
    from airflow.utils.session import create_session

    with create_session() as session:
        newest = session.query(AssetModel.id).filter(AssetModel.name == ASSET).order_by(AssetModel.id.desc()).first()
        return get_state_backend().get(AssetScope(asset_id=newest[0]), key, session=session) if newest else None
