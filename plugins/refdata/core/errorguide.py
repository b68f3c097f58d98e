"""What each category of error usually comes from and what to do about it, as ``docs/errors.md`` says it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guide:
    """The usual cause of errors of one category, and what to do."""

    cause: str
    advice: str


RUNBOOK = "docs/operations.md#by-category"
"""The page that says more of each category."""

GUIDES: dict[str, Guide] = {
    "connection": Guide(
        "Restart, failover, network, wrong host or port.",
        "Nothing if it returns. Otherwise check the Airflow connection conn_id.",
    ),
    "deadlock": Guide(
        "Another program writes the same table.",
        "Nothing; if it recurs, move the other program to another hour.",
    ),
    "lock_timeout": Guide(
        "A long transaction on the table, a file ahead that hangs.",
        "Find who holds the lock, or the load ahead in the ledger; raise lock_timeout or turn_timeout.",
    ),
    "throttled": Guide(
        "The limits of an Azure SQL tier.",
        "Nothing; if it recurs, lower max_parallel_loads or raise the tier.",
    ),
    "file_busy": Guide(
        "A program still writes it, a network drive hangs.",
        "Close the program; check the drive.",
    ),
    "file_changed": Guide(
        "Somebody replaced or removed it while it waited.",
        "Nothing: what lies there now is watched anew.",
    ),
    "storage_full": Guide(
        "Disk, database file or transaction log is full.",
        "Free space; the load goes on by itself.",
    ),
    "stopped": Guide(
        "A worker was shut down, somebody cleared the running task.",
        "Nothing: the next try starts the step anew.",
    ),
    "held": Guide(
        "A load from Python or the command line changes more than the table's limits allow.",
        "Look at the file; load it again with an approval, or let refdata_watch take it up: Airflow then asks.",
    ),
    "format": Guide(
        "Empty or binary file, an unclosed quote, a broken encoding, too many columns.",
        "Export the file again as CSV, best in UTF-8.",
    ),
    "schema": Guide(
        "File of another table, a frozen table, a NOT NULL column without values,"
        " more columns than the database allows.",
        "Follow the mismatch report in the message: rename the file, mend its header,"
        " or change the rule in tables.yaml.",
    ),
    "data": Guide(
        "Damaged lines, a trailer that states another number, a full load without rows, a constraint.",
        "Mend the lines listed in .rejects.csv, or let some through with max_rejected_rows.",
    ),
    "configuration": Guide(
        "A slip in airflow.cfg, in the environment or in tables.yaml.",
        "Correct what the message names, then drop the file again.",
    ),
    "not_initialised": Guide(
        "Nothing was ever loaded with this connection.",
        "Drop a first file, or run refdata init-db.",
    ),
    "permission": Guide(
        "The Airflow user may not write a folder or a table.",
        "Grant the right that the message names.",
    ),
    "dropoff": Guide(
        "A symbolic link, a folder named like a file, a path outside the four folders.",
        "Put a plain file into one of the four load folders.",
    ),
    "superseded": Guide(
        "Airflow started the task a second time.",
        "Nothing: the newer attempt goes on.",
    ),
    "cancelled": Guide(
        "Its run or task was marked in Airflow, the file was removed before its load, or the load took too long.",
        "Drop the file again if it shall be loaded after all; raise load_timeout if it needs longer.",
    ),
    "rejected": Guide(
        "The file removes or changes more rows than the table's limits allow.",
        "Read the reason in the .error.json; correct the file and drop it again.",
    ),
    "internal": Guide(
        "It was killed (out of memory, a restart), or refdata has a fault.",
        "Read the failed task's log in Airflow, drop the file again, report the fault.",
    ),
}


def guide_to(category: str) -> Guide:
    """The guide to a category; one that a later release wrote is told as the unforeseen ones."""
    return GUIDES.get(category, GUIDES["internal"])
