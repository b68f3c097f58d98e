"""Every DAG parse and every task imports the operators, and a person waits for a command: imports stay cheap."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import refdata

HEAVY = ("chardet", "duckdb", "fastapi", "mssql_python", "numpy", "pandas", "pyarrow", "pymssql", "pyodbc")
CODE = f"""
import sys
import airflow.sdk
before = set(sys.modules)
import refdata.wiring, refdata.operators.load, refdata.notifications.failure, refdata.plugin
print(*sorted(set({HEAVY}) & (set(sys.modules) - before)))
"""


NEEDLESS = ("airflow", "rich", "refdata.core.model", "refdata.commands.terminal")
HELP = f"""
import contextlib, io, sys
import refdata.cli
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    refdata.cli.main(["--help"])
print(*sorted(set({(*NEEDLESS, *HEAVY)}) & set(sys.modules)))
"""
LIGHT = """
import contextlib, io, os, sys
from pathlib import Path
import refdata.cli
file = Path(os.environ["AIRFLOW_HOME"], "cities.csv")
file.write_text("code;name;day\\n01;Graz;2024-01-01\\n02;Linz;2024-01-02\\n")
os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"] = f'{{"conn_type": "sqlite", "host": "{file.with_suffix(".db")}"}}'
os.environ["AIRFLOW__REFDATA__DROPOFF_ROOT"] = os.environ["AIRFLOW_HOME"]
for words in (["init-db"], ["detect", str(file)], ["tables", "--json"], ["history", "--json"], ["dags"]):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert refdata.cli.main(words) == 0, words
    assert said.getvalue().strip(), words
print(*sorted({"airflow", "pandas", "sqlalchemy", "adbc_driver_manager"} & set(sys.modules)))
"""


ROWLESS = """
import sys
import airflow.sdk
before = set(sys.modules)
import refdata.health, refdata.warehouse.sqlite.engine, refdata.warehouse.mssql.engine
print(*sorted({"pandas", "numpy", "pyarrow", "adbc_driver_manager"} & (set(sys.modules) - before)))
"""
STARTS = {
    "each process of Airflow": CODE,
    "the help of the command line": HELP,
    "a command that reads or writes no rows": ROWLESS,
    "commands with a plain configuration": LIGHT,
}


@pytest.mark.parametrize("code", STARTS.values(), ids=STARTS)
def test_a_start_loads_no_library_that_it_does_not_need(tmp_path: Path, code: str) -> None:
    # Without the settings of a site that other tests of the session have set up.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    env = {**plain, "PYTHONPATH": str(Path(refdata.__file__).parents[1]), "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
