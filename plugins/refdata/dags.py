"""refdata's DAGs for an Airflow that has only the installed package: one file in its DAGs folder adds them.

``refdata dags > dags/refdata.py`` writes that file. It contains no wiring, so an upgrade of the package
upgrades the DAGs.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
# In the wheel the files are inside the package, in a project two levels above it.
_FOLDERS = (_PACKAGE / "include" / "dags", _PACKAGE.parent.parent / "dags")

DAG_FILE = '''"""refdata's DAGs, out of the installed package. Written by `refdata dags`; upgrades need no new file."""

from airflow.sdk import DAG  # noqa: F401  Airflow looks for DAGs only in files that mention it

from refdata.dags import load_dags

globals().update(load_dags())
'''
"""The text of the one file."""


def dag_files() -> tuple[Path, ...]:
    """The DAG files, by name."""
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    return tuple(sorted(folder.glob("refdata_*.py")))


def load_dags() -> dict[str, Any]:
    """refdata's DAGs by their ids, as a DAG file passes them to Airflow.

    :raises ConfigurationError: when a setting is wrong; Airflow shows it as the file's import error.
    """
    from airflow.sdk import DAG

    made = (value for path in dag_files() for value in runpy.run_path(str(path)).values())
    return {dag.dag_id: dag for dag in made if isinstance(dag, DAG)}
