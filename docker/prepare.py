"""Prepares volumes and databases for the containers of docker-compose.yaml. Safe to run again.

Runs as root, which hands the dropoff tree to Airflow's user, and starts the commands as that user. Airflow is not
imported here: it would leave a configuration file of root's.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from refdata.dropoff.tree import ensure_tree

AIRFLOW_GROUP = 0


def main() -> None:
    """Dropoff tree, login file, Airflow's metadata, then the schemas, ledger and configuration table of refdata."""
    user = int(os.environ["AIRFLOW_UID"])
    prepare_dropoff(Path(os.environ["AIRFLOW__REFDATA__DROPOFF_ROOT"]), user)
    write_login(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]), user)
    for command in (["airflow", "db", "migrate"], ["refdata", "init-db"]):
        subprocess.run(command, check=True, user=user, group=AIRFLOW_GROUP, extra_groups=())


def prepare_dropoff(root: Path, user: int, group: int = AIRFLOW_GROUP) -> None:
    """Creates the load folders and gives them, not the files in them, to Airflow's user."""
    ensure_tree(root)
    folders = [root, *(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())]
    for folder in folders:
        os.chown(folder, user, group)


def write_login(path: Path, user: int, group: int = AIRFLOW_GROUP) -> None:
    """Writes the password of Airflow's one user ``admin`` where its simple auth manager reads it."""
    path.touch(mode=0o600)
    path.write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}), encoding="utf-8")
    os.chown(path, user, group)
    os.chown(path.parent, user, group)


if __name__ == "__main__":
    main()
