"""The project's files agree: version and changelog, imports and dependencies, pins, workflow and scripts."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import refdata
from refdata.core.settings import specs

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PRODUCT = sorted((ROOT / "plugins").rglob("*.py")) + sorted((ROOT / "dags").rglob("*.py"))

DISTRIBUTION_OF = {
    "adbc_driver_manager": "adbc-driver-sqlite",
    "adbc_driver_sqlite": "adbc-driver-sqlite",
    "python_calamine": "python-calamine",
    "yaml": "pyyaml",
    "mssql_python": "mssql-python",
    # parts of Airflow, or what it brings and hands over in its own interfaces
    **dict.fromkeys(("airflow", "fastapi", "pydantic", "sqlalchemy", "starlette"), "apache-airflow"),
    **dict.fromkeys(("pymssql",), "apache-airflow-providers-microsoft-mssql"),
    **dict.fromkeys(("pyodbc",), "apache-airflow-providers-odbc"),
    "apprise": "apache-airflow-providers-apprise",
    "openlineage": "apache-airflow-providers-openlineage",
    "paramiko": "apache-airflow-providers-sftp",
    "smbclient": "smbprotocol",
}


def imported(path: Path) -> Iterator[str]:
    """The first part of every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def test_every_library_that_the_product_imports_is_a_declared_dependency_and_none_is_idle() -> None:
    declared = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependencies"]}
    own = {*sys.stdlib_module_names, "refdata", "refdata_plugin"}
    needed = {DISTRIBUTION_OF.get(name, name) for path in PRODUCT for name in imported(path) if name not in own}
    extras = {name: texts for name, texts in PROJECT["optional-dependencies"].items() if name != "dev"}
    optional = {canonicalize_name(Requirement(text).name) for texts in extras.values() for text in texts}
    assert needed <= declared | optional
    # Providers are reached through Airflow's names, or give a connection its type.
    idle = {name for name in declared - needed if not name.startswith("apache-airflow-providers-")}
    assert idle <= {"mssql-python"}


def asking_for_the_engine(source: str) -> list[int]:
    """The lines that compare something with an engine's name, or ask whether something is a warehouse of one kind."""
    engines = {"sqlite", "mssql", "odbc"}
    lines = []
    for node in ast.walk(ast.parse(source)):
        sides = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"
        kinds = ast.unparse(node.args[1]) if called and isinstance(node, ast.Call) else ""
        if any(isinstance(one, ast.Constant) and one.value in engines for one in sides) or "Warehouse" in kinds:
            lines.append(node.lineno)  # type: ignore[attr-defined]
    return lines


@pytest.mark.parametrize("source", ['x.engine == "sqlite"', "isinstance(x, SqliteWarehouse)", '"odbc" != name'])
def test_a_question_for_the_engine_is_noticed(source: str) -> None:
    assert asking_for_the_engine(source) == [1]


def test_nothing_above_the_warehouse_asks_which_engine_is_in_use() -> None:
    above = [path for path in PRODUCT if "warehouse" not in path.parts]
    assert not {path for path in above if asking_for_the_engine(path.read_text(encoding="utf-8"))}


def test_every_place_names_the_same_python_versions() -> None:
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    first, last = named[0], named[-1]
    after = f"3.{int(last.partition('.')[2]) + 1}"
    in_words = f"{', '.join(named[:-1])} or {last}"
    assert named == [f"3.{minor}" for minor in range(int(first[2:]), int(last[2:]) + 1)]
    assert PROJECT["requires-python"] == f">={first},<{after}"
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    matrices = [job["strategy"]["matrix"] for job in workflow["jobs"].values() if "strategy" in job]
    assert [matrix["python"] for matrix in matrices if "python" in matrix] == [named]
    texts = {
        path: (ROOT / path).read_text(encoding="utf-8") for path in ("README.md", "scripts/demo", "scripts/_venv.sh")
    }
    assert f"Python {first} to {last}" in texts["README.md"]
    for path in ("scripts/demo", "scripts/_venv.sh"):
        assert in_words in texts[path], path
    alone = r"Python 3\.\d+\b(?! to|, 3| or)"
    assert {path: found for path, text in texts.items() if (found := re.findall(alone, text))} == {}


def test_the_version_is_the_changelog_latest() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert versions
    assert versions[0][0] == refdata.__version__
    assert "unreleased" not in [date for _, date in versions[1:]]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_pins_satisfy_what_the_project_declares(name: str) -> None:
    lines = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    pins = {canonicalize_name(package): version for package, version in lines}
    extra = [text for texts in PROJECT["optional-dependencies"].values() for text in texts] if "dev" in name else []
    for wanted in map(Requirement, [*PROJECT["dependencies"], *extra]):
        if wanted.name == PROJECT["name"]:
            continue
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), wanted


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_pins_name_no_file_of_the_machine_that_made_them(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if re.search(r"(?:^|[\s=])(?:file:)?/\w|[A-Z]:\\\\", line)] == []
    assert lines[0].startswith("# Written by scripts/pin ")


def test_every_address_of_the_project_begins_at_its_home() -> None:
    """The links that an index shows, too: a move of the repository is one search and replace."""
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    home = PROJECT["urls"]["Source"]
    raw = home.replace("https://github.com/", "https://raw.githubusercontent.com/")
    shown = whole["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]
    assert [url for url in PROJECT["urls"].values() if not url.startswith(home)] == []
    assert [
        one for one in shown if f"({home}/" not in one["replacement"] and f"({raw}/" not in one["replacement"]
    ] == []


def test_both_pin_files_name_one_version_of_each_package() -> None:
    run, dev = (
        dict(re.findall(r"^([a-z0-9._-]+==\S+)(.*?)\s*#", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    )
    assert set(run) <= set(dev)


def test_continuous_integration_runs_the_scripts_that_people_run() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    for job in workflow["jobs"].values():
        script = ROOT / [step["run"] for step in job["steps"] if "run" in step][-1].split()[0]
        assert script.is_file()
        assert script.stat().st_mode & 0o100
    assert any("REFDATA_TEST_MSSQL_URI" in job.get("env", {}) for job in workflow["jobs"].values())


def test_pre_commit_runs_the_checks_of_the_check_script_from_the_environment() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    entries = " ".join(hook["entry"] for hook in config["repos"][0]["hooks"])
    for line in (ROOT / "scripts/check").read_text(encoding="utf-8").splitlines():
        if re.match(r"(ruff|lint-imports|mypy)\b", line):
            assert ".venv/bin/" + " ".join(line.split()[:2]).removesuffix(" .") in entries


def test_every_setting_is_read_by_the_code() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PRODUCT if path.name != "settings.py")
    idle = {spec.name for spec in specs() if not re.search(rf"\.{spec.name}\b", code)}
    # Until SQL Server's engines are there, nobody reads what only they need.
    waiting = (
        set()
        if (ROOT / "plugins/refdata/warehouse/tsql").exists()
        else {"batch_size", "connect_timeout", "load_method"}
    )
    assert idle <= waiting
