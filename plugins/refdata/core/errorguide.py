"""The usual cause of each error category and what to do about it, as in ``docs/errors.md``. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Guide:
    """The usual cause of errors of one category, and what to do."""

    cause: str
    advice: str


RUNBOOK = "docs/operations.md#by-category"
"""The page that explains each category."""

GUIDES: dict[str, _Guide] = {
    "connection": _Guide(
        "Restart, failover, network, wrong host or port.",
        "Nothing if it returns. Otherwise check the Airflow connection conn_id.",
    ),
    "deadlock": _Guide(
        "Another program writes the same table.",
        "Nothing; if it recurs, run the other program at another time.",
    ),
    "lock_timeout": _Guide(
        "A long transaction on the table, or a stuck load ahead of this one.",
        "Find who holds the lock, or the load ahead in the ledger; raise lock_timeout or turn_timeout.",
    ),
    "throttled": _Guide(
        "The limits of an Azure SQL tier.",
        "Nothing; if it recurs, lower max_parallel_loads or raise the tier.",
    ),
    "file_busy": _Guide(
        "A program is still writing it, or a network drive hangs.",
        "Close the program; check the drive.",
    ),
    "file_changed": _Guide(
        "Somebody replaced or removed it while it waited.",
        "Nothing: the file there now is watched again.",
    ),
    "storage_full": _Guide(
        "Disk, database file or transaction log is full.",
        "Free up space; the load continues by itself.",
    ),
    "stopped": _Guide(
        "A worker was shut down, somebody cleared the running task.",
        "Nothing: the next retry starts the step again.",
    ),
    "airflow": _Guide(
        "The API server was restarted, its network was cut, or all workers were away for long.",
        "Nothing: the file is loaded when Airflow is back. If it recurs, check the API server, the workers and the"
        " network.",
    ),
    "gave_way": _Guide(
        "An earlier file of the table waits for an answer, or for a place of its own, and all places are taken.",
        "Nothing: the file goes back to the watcher, and is loaded after the earlier one.",
    ),
    "held": _Guide(
        "A load from Python or the command line changes more than the table's limits allow.",
        "Look at the file; load it again with an approval, or leave it to refdata_watch: Airflow then asks.",
    ),
    "format": _Guide(
        "Empty or binary file, an unclosed quote, a broken encoding, a contract that states another format,"
        " too many columns.",
        "Export the file again as CSV, preferably in UTF-8.",
    ),
    "schema": _Guide(
        "File of another table, a frozen table, a NOT NULL column without values,"
        " more columns than the database allows.",
        "Follow the mismatch report in the message: rename the file, fix its header,"
        " or change the rule in the table's contract or in tables.yaml.",
    ),
    "data": _Guide(
        "Damaged lines, a trailer with a different row count, a full load without rows, a constraint.",
        "Fix the lines listed in .rejects.csv, or allow some with max_rejected_rows.",
    ),
    "closed_table": _Guide(
        "The feed of a table that is no longer wanted goes on.",
        "End the feed; or have the table opened again on its page, and drop the file again.",
    ),
    "orphans": _Guide(
        "A rollback or take-back removes rows that rows of other tables refer to.",
        "Load the other table first, or accept it: the page's dialog asks, the command takes --accept-orphans.",
    ),
    "database": _Guide(
        "An error of the database that no other category covers.",
        "Look up its number in the database's documentation, or ask the DBA; then drop the file again.",
    ),
    "configuration": _Guide(
        "A mistake in airflow.cfg, in the environment, in tables.yaml or in a table's contract.",
        "Correct what the message names, then drop the file again.",
    ),
    "not_initialised": _Guide(
        "Nothing has been loaded with this connection yet.",
        "Drop a first file, or run refdata init-db.",
    ),
    "permission": _Guide(
        "The Airflow user may not write a folder or a table.",
        "Grant the permission that the message names.",
    ),
    "dropoff": _Guide(
        "A symbolic link, a folder with a file's name, a path outside the four folders.",
        "Put a plain file into one of the four load folders.",
    ),
    "superseded": _Guide(
        "Airflow started the task a second time.",
        "Nothing: the newer attempt continues.",
    ),
    "cancelled": _Guide(
        "Somebody marked its run or task in Airflow, the file was removed before its load, or the load took too long.",
        "Drop the file again if you want it loaded after all; raise load_timeout if it needs longer.",
    ),
    "rejected": _Guide(
        "The file removes or changes more rows than the table's limits allow.",
        "Read the reason in the .error.json; correct the file and drop it again.",
    ),
    "internal": _Guide(
        "It was killed (out of memory, a restart), or refdata has a bug.",
        "Read the failed task's log in Airflow, drop the file again, report the bug.",
    ),
}


_RENAMED = {"permanent": "database"}
"""Categories in ledgers of earlier releases."""


def guide_to(category: str) -> _Guide:
    """The guide to a category; an unknown one, from a later release, gets the guide to unforeseen errors."""
    return GUIDES.get(_RENAMED.get(category, category), GUIDES["internal"])
