"""Writes docs/benchmarks.md and its picture: one file loaded by refdata and by other tools, in one run.

usage: python -m benchmarks.published [--rows 1000000] [--server-rows 50000] [--timeout 900] [--venv FOLDER]

The target is SQLite and, where ``REFDATA_TEST_MSSQL_URI`` names one, a T-SQL server, which gets the file's first
``--server-rows``. The other tools are installed into virtual environments of their own, each with the version that uv
finds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import matplotlib as mpl
import mssql_python
from benchmarks.contenders import CONTENDERS, ODBC_DRIVER, URI
from benchmarks.load_sqlite import PROJECT, generate

mpl.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

PAGE, PICTURE = PROJECT / "docs" / "benchmarks.md", PROJECT / "docs" / "benchmarks.png"
PACKAGES = {
    "pandas to_sql": "pandas",
    "sqlite-utils": "sqlite-utils",
    "dlt": "dlt[sqlalchemy,mssql]",
    "ingestr": "ingestr<0.15",
}
"""Installed apart from refdata, ingestr in an environment of its own: it pins its own dlt. Its later releases are no
Python but fetch a program from GitHub when they first run."""
BESIDE = ("pandas", "pyarrow", "sqlalchemy")
METHOD = """# Benchmarks

Written by `python -m benchmarks.published`: one CSV file, each tool in a process of its own, one after another.

refdata's figure is a whole load: detection, a scan of all rows, staging, one publishing transaction, ledger and
archive. The other tools read the file and write a table; `insert_rows` gets a table made by hand, with columns of text.

`loading` are the seconds without the imports of tools that are a Python library: refdata and `insert_rows` import
Airflow, two to three seconds that a task of Airflow does not spend again. A program such as sqlite-utils is measured as
a whole.
`elapsed` and CPU are those of the whole process with its children; memory is the peak of its largest process.

A T-SQL server gets fewer rows, because `insert_rows` sends one after another. On Babelfish refdata inserts
(`load_method`), since it cannot read the decimals that bulk copy sends; the other tools use Microsoft's ODBC driver.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one contender, or why there are none."""

    name: str
    version: str
    seconds: float = 0.0
    loading: float | None = None
    cpu: float = 0.0
    peak: float = 0.0
    fault: str = ""

    @property
    def shown(self) -> float:
        """The seconds that are compared: without imports where those are known."""
        return self.seconds if self.loading is None else self.loading


@dataclass(frozen=True, slots=True)
class Comparison:
    """All contenders for one target."""

    target: str
    title: str
    rows: int
    size: int
    load: tuple[str, str]
    results: list[Result] = field(default_factory=list)


def python_for(name: str, venv: Path) -> Path:
    """The Python that has a contender, installed where it is missing."""
    if name not in PACKAGES:
        return Path(sys.executable)
    home = venv / ("ingestr" if name == "ingestr" else "tools")
    python, uv = home / "bin" / "python", str(Path(sys.executable).with_name("uv"))
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
    packages = ["pyodbc", *(() if name == "ingestr" else BESIDE), PACKAGES[name]]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *packages], check=True, timeout=600)
    return python


def version_of(python: Path, package: str) -> str:
    """The installed version of a package."""
    name = package.partition("[")[0].partition("<")[0]
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def provider(target: str) -> dict[str, str]:
    """The packages of the contenders that refdata's own environment has."""
    database = "sqlite" if target == "sqlite" else "microsoft-mssql"
    return {"refdata": "airflow-provider-refdata", "Airflow's insert_rows": f"apache-airflow-providers-{database}"}


def measure(target: str, name: str, file: Path, rows: int, venv: Path, timeout: float) -> Result:
    """One contender on the file, in a fresh folder."""
    print(f"{target}: {name}", flush=True)
    version = ""
    with tempfile.TemporaryDirectory(dir=file.parent, ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
        if target == "server":
            environment |= {"ODBCSYSINI": home, "AIRFLOW__REFDATA__LOAD_METHOD": load_method()}
            register_driver(Path(home))
        script = str(PROJECT / "benchmarks" / "contenders.py")
        try:
            python = python_for(name, venv)
            version = version_of(python, {**provider(target), **PACKAGES}[name])
            command = [str(python), script, target, name, str(file), home]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return Result(name, version, fault=f"not done after {timeout:.0f} s")
        except subprocess.CalledProcessError as error:
            return Result(name, version, fault=last_error(error.stderr or "") or "it failed")
    found = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    fault = "" if found["rows"] == rows else f"{found['rows']:,} of {rows:,} rows arrived"
    return Result(name, version, found["seconds"], found["loading"], found["cpu"], found["peak"], fault)


def register_driver(folder: Path) -> None:
    """Registers the ODBC driver that mssql-python brings, by the name that other tools know it by."""
    path = mssql_python.get_native_provider_info()["driver_path"]
    (folder / "odbcinst.ini").write_text(f"[{ODBC_DRIVER}]\nDriver={path}\n", encoding="utf-8")


def last_error(text: str) -> str:
    """The last line with an error, or the last line, without frames, a password, and what would end its mark-up."""
    lines = [line for row in text.splitlines() if (line := row.strip(" │╭╰─╮╯"))]
    named = [line for line in lines if re.search(r"Error\b[:)]", line)] or lines
    said = named[-1][:200].replace("`", "'") if named else ""
    secret = urlsplit(URI).password or ""
    for written in filter(None, {secret, unquote(secret)}):
        said = said.replace(written, "***")
    return said


def page(comparisons: list[Comparison]) -> str:
    """The page in Markdown."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    text = f"{METHOD}\nMeasured on {datetime.now(UTC):%Y-%m-%d}: {machine}.\n"
    return text + "".join(map(section, comparisons)) + "\n![Seconds of each tool](benchmarks.png)\n"


def section(one: Comparison) -> str:
    """A target's table."""
    text = f"\n## {one.title}\n\n{one.rows:,} rows of 13 columns, {one.size / 1e6:.0f} MB."
    text += f" Load average of the machine: {one.load[0]} before, {one.load[1]} after.\n\n"
    text += "| tool | version | loading s | of refdata's | rows/s | elapsed s | CPU s | peak MB |\n"
    text += "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
    own = next(result.shown for result in one.results if result.name == "refdata")
    for result in one.results:
        cells = [""] * 6 if result.fault else figures(result, own, one.rows)
        text += f"| {result.name} | {result.version} | {' | '.join(cells)} |\n"
    faults = [f"- {result.name} has no figures: `{result.fault}`\n" for result in one.results if result.fault]
    return "\n".join([text, "".join(faults)]) if faults else text


def figures(one: Result, own: float, rows: int) -> list[str]:
    """A contender's cells; ``own`` are refdata's seconds."""
    measured = [f"{one.seconds:.1f}", f"{one.cpu:.1f}", f"{one.peak:.0f}"]
    return [f"{one.shown:.1f}", f"{one.shown / own:.2f}" if own else "", f"{rows / one.shown:,.0f}", *measured]


def draw(comparisons: list[Comparison]) -> None:
    """A bar for each contender that loaded all rows, a panel for each target."""
    figure, axes = pyplot.subplots(len(comparisons), 1, figsize=(8, 3 * len(comparisons)), layout="constrained")
    for axis, one in zip(axes if len(comparisons) > 1 else [axes], comparisons, strict=True):
        bars(axis, one)
    figure.savefig(PICTURE, dpi=75)
    pyplot.close(figure)


def bars(axis: Axes, one: Comparison) -> None:
    """One target's panel."""
    shown = [result for result in one.results if not result.fault][::-1]
    colors: Any = ["#c63" if result.name == "refdata" else "#8aa" for result in shown]
    drawn = axis.barh([result.name for result in shown], [result.shown for result in shown], color=colors)
    axis.bar_label(drawn, fmt="%.1f", padding=3)
    axis.set_title(f"Seconds to load {one.rows:,} rows: {one.title}", fontsize=10, loc="left")
    axis.spines[["top", "right"]].set_visible(False)


def load_method() -> str:
    """Babelfish cannot read the decimals that bulk copy sends, so refdata is kept from using it there."""
    return "insert" if "Babelfish" in version_of_server() else "auto"


@cache
def version_of_server() -> str:
    """What the server calls itself."""
    from tests.integration.engines import Server

    from refdata.core.settings import Settings
    from refdata.warehouse.connect import open_warehouse

    os.environ["AIRFLOW_CONN_BENCHMARK"] = json.dumps(Server.named().connection("mssql"))
    with open_warehouse(Settings(conn_id="benchmark")).transaction(write=False) as session:
        return str(session.query("SELECT @@VERSION")[0][0]).splitlines()[0]


def targets(file: Path, rows: int, server_rows: int) -> Iterator[tuple[str, str, Path, int]]:
    """Each target with its title, the file for it and that file's rows."""
    yield "sqlite", f"SQLite {sqlite3.sqlite_version}", file, generate(file, rows=rows)
    if URI:
        part = file.with_name("part.csv")
        with file.open(encoding="utf-8") as source, part.open("w", encoding="utf-8") as target:
            target.writelines(islice(source, server_rows + 1))
        yield "server", version_of_server(), part, min(rows, server_rows)


def main() -> None:
    """Measures all and writes page and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--server-rows", type=int, default=50_000)
    parser.add_argument("--timeout", type=float, default=900)
    parser.add_argument("--venv", type=Path, default=PROJECT / ".test" / "contenders")
    options = parser.parse_args()
    comparisons = []
    with tempfile.TemporaryDirectory() as folder:
        for target, title, file, rows in targets(Path(folder) / "bench.csv", options.rows, options.server_rows):
            before = f"{os.getloadavg()[0]:.1f}"
            limits = (file, rows, options.venv, options.timeout)
            results = [measure(target, name, *limits) for name in CONTENDERS[target]]
            load = (before, f"{os.getloadavg()[0]:.1f}")
            comparisons.append(Comparison(target, title, rows, file.stat().st_size, load, results))
    PAGE.write_text(page(comparisons), encoding="utf-8")
    draw(comparisons)
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
