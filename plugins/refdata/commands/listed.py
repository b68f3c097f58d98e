"""All commands: the module of ``refdata.commands`` that has each, and its summary.

``refdata --help`` needs nothing else, and a command imports no other command's module.
"""

from __future__ import annotations

from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("setup", "set refdata up: connection, own tables, folders and settings; asks on a terminal"),
    "init-db": ("setup", "create refdata's own tables and the load folders, or upgrade the tables to this version"),
    "dags": ("setup", "print the file that adds refdata's DAGs to Airflow's DAGs folder"),
    "detect": ("detecting", "show how a file is written, and which table its columns match"),
    "load": ("loading", "load one file from the dropoff folder now, without Airflow's DAGs"),
    "history": ("listing", "list files and their status, newest first"),
    "tables": ("listing", "list loaded tables, each with its last load"),
    "doctor": ("repairing", "find leftovers of crashes that no run cleans up"),
    "status": ("overview", "show the current state: queue, running loads, held loads, last errors and warnings"),
    "errors": ("overview", "list failures by category, with the usual cause and what to do"),
    "health": ("operations", "check that everything a load needs is ready: database, folders, memory, Airflow"),
    "maintenance": ("operations", "delete data past its age limit, clean up after crashes"),
    "move-archives": (
        "operations",
        "move files that an earlier installation archived at the root into the load folders",
    ),
    "report": ("reporting", "show throughput, slowest tables, refused files, and advice"),
    "validate": ("validating", "load a canary file through every step into its own table, then remove it"),
    "versions": ("versions", "list a table's versions: who made each, when, and from which file"),
    "diff": ("versions", "show the differences between two versions of a table"),
    "held": ("versions", "show the changes of a load that waits for approval"),
    "export": ("exporting", "write a table, or one of its versions, as CSV; dropped back, it changes nothing"),
    "rollback": ("undoing", "make an earlier version's rows live again, as a new version"),
    "take-back": ("undoing", "remove the rows that one append added"),
    "table": ("closing", "retire, rename and delete tables, and open them again"),
    "questions": ("questions", "list the questions of held loads, with the possible answers"),
    "answer": ("questions", "answer the questions of a load that waits in Airflow"),
    "withdraw": ("questions", "stop applying an answer that a table keeps"),
    "config": (
        "register",
        "compare the table Reference_Data_Cfg with the reference tables, and repair the rows that refdata maintains",
    ),
    "contract": ("contracts", "create, show, check and export table contracts"),
}
"""In the order of the help."""
