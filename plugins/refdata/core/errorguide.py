"""The usual cause of each error category and what to do about it, as in ``docs/errors.md``. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guide:
    """The usual cause of errors of one category, and what to do."""

    cause: str
    advice: str


RUNBOOK = "docs/operations.md#by-category"
"""The page that explains each category."""

GUIDES: dict[str, Guide] = {
    "connection": Guide(
        "Restart, failover, network, wrong host or port.",
        "Nothing if it returns. Otherwise check the Airflow connection conn_id.",
    ),
    "deadlock": Guide(
        "Another program writes the same table.",
        "Nothing; if it recurs, run the other program at another time.",
    ),
    "lock_timeout": Guide(
        "A long transaction on the table, or a stuck load ahead of this one.",
        "Find who holds the lock, or the load ahead in the ledger; raise lock_timeout or turn_timeout.",
    ),
    "throttled": Guide(
        "The limits of an Azure SQL tier.",
        "Nothing; if it recurs, lower max_parallel_loads or raise the tier.",
    ),
    "file_busy": Guide(
        "A program is still writing it, or a network drive hangs.",
        "Close the program; check the drive.",
    ),
    "file_changed": Guide(
        "Somebody replaced or removed it while it waited.",
        "Nothing: the file there now is watched again.",
    ),
    "storage_full": Guide(
        "Disk, database file or transaction log is full.",
        "Free up space; the load continues by itself.",
    ),
    "stopped": Guide(
        "A worker was shut down, somebody cleared the running task.",
        "Nothing: the next retry starts the step again.",
    ),
    "held": Guide(
        "A load from Python or the command line changes more than the table's limits allow.",
        "Look at the file; load it again with an approval, or leave it to refdata_watch: Airflow then asks.",
    ),
    "format": Guide(
        "Empty or binary file, an unclosed quote, a broken encoding, a contract that states another format,"
        " too many columns.",
        "Export the file again as CSV, preferably in UTF-8.",
    ),
    "schema": Guide(
        "File of another table, a frozen table, a NOT NULL column without values,"
        " more columns than the database allows.",
        "Follow the mismatch report in the message: rename the file, fix its header,"
        " or change the rule in the table's contract or in tables.yaml.",
    ),
    "data": Guide(
        "Damaged lines, a trailer with a different row count, a full load without rows, a constraint.",
        "Fix the lines listed in .rejects.csv, or allow some with max_rejected_rows.",
    ),
    "configuration": Guide(
        "A mistake in airflow.cfg, in the environment, in tables.yaml or in a table's contract.",
        "Correct what the message names, then drop the file again.",
    ),
    "not_initialised": Guide(
        "Nothing has been loaded with this connection yet.",
        "Drop a first file, or run refdata init-db.",
    ),
    "permission": Guide(
        "The Airflow user may not write a folder or a table.",
        "Grant the permission that the message names.",
    ),
    "dropoff": Guide(
        "A symbolic link, a folder with a file's name, a path outside the four folders.",
        "Put a plain file into one of the four load folders.",
    ),
    "superseded": Guide(
        "Airflow started the task a second time.",
        "Nothing: the newer attempt continues.",
    ),
    "cancelled": Guide(
        "Somebody marked its run or task in Airflow, the file was removed before its load, or the load took too long.",
        "Drop the file again if you want it loaded after all; raise load_timeout if it needs longer.",
    ),
    "rejected": Guide(
        "The file removes or changes more rows than the table's limits allow.",
        "Read the reason in the .error.json; correct the file and drop it again.",
    ),
    "internal": Guide(
        "It was killed (out of memory, a restart), or refdata has a bug.",
        "Read the failed task's log in Airflow, drop the file again, report the bug.",
    ),
}


def guide_to(category: str) -> Guide:
    """The guide to a category; an unknown one, from a later release, gets the guide to unforeseen errors."""
    return GUIDES.get(category, GUIDES["internal"])
