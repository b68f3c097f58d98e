"""The id of the load run that belongs to a dropped file: the same drop gives the same id, another drop a different one.

Airflow refuses a second run with the same id, so one drop starts one load, however often it is offered.
"""

from __future__ import annotations

import hashlib
import json
import re

from refdata.core.model import DroppedFile

LOAD_DAG, ROLLBACK_DAG, HEALTH_DAG = "refdata_load", "refdata_rollback", "refdata_health"
"""The DAGs whose runs load one file each, undo loads, and check everything: their ids without ``dag_prefix``."""
CLI_RUN, API_RUN, PAGE_RUN = "cli__", "api__", "page__"
"""Prefix of the ids of actions outside a run: from the command line, Python or the page."""
TASK_RUN = "task__"
"""Prefix of the ids of loads by a task of another DAG."""

MAX_RUN_ID = 250
"""``dag_run.run_id`` is a String(250)."""
_SLUG_LENGTH = 80
_NUMBERS = re.compile(r"[0-9-]+")
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9]+")


def run_id_of(file: DroppedFile) -> str:
    """``drop_airports_csv__3f2a…``: readable, unique, and made of characters that Airflow allows in a run id.

    Airflow's pattern is ``[scheduler] allowed_run_id_pattern``. The prefix avoids the ids that
    it reserves (``manual__``, ``scheduled__`` and others).
    """
    slug = _NOT_ALLOWED.sub("_", file.name).strip("_")[:_SLUG_LENGTH] or "file"
    # The text that earlier releases hashed: a file released before an upgrade keeps its run.
    numbers = file.identity.replace("-", ", ") if _NUMBERS.fullmatch(file.identity) else json.dumps(file.identity)
    key = f"[{json.dumps(file.path)}, {numbers}]"
    return f"drop_{slug}__{hashlib.sha256(key.encode()).hexdigest()[:20]}"
