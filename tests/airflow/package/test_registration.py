"""The package in both of its forms: a folder among Airflow's plugins, and an installed wheel.

Each form runs in a process of its own with a ``site-packages`` from which this checkout's own
installation is left out, so that nothing but the form itself can have registered it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[3]
PROBE = Path(__file__).with_name("probe.py")
OWN = ("airflow_provider_refdata", "_airflow_provider_refdata", "__editable__.airflow_provider_refdata", "refdata")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed packages without refdata; ``.pth`` files, which lead to checkouts, are left out too."""
    folder = tmp_path_factory.mktemp("site")
    for installed in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(installed).iterdir():
            if not entry.name.startswith(OWN) and entry.suffix != ".pth":
                (folder / entry.name).symlink_to(entry)
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree and unpacked as an installer does."""
    built = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        archive.extractall(folder)
    return folder


def run(home: Path, *command: str, path: tuple[Path, ...], plugins: Path) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PYTHONPATH": os.pathsep.join(map(str, path)),
    }
    done = subprocess.run(
        [sys.executable, "-S", *command],
        env=inherited | settings,
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def probe(home: Path, *path: Path, plugins: Path) -> dict[str, Any]:
    reported: dict[str, Any] = json.loads(run(home, str(PROBE), path=path, plugins=plugins).splitlines()[-1])
    # Of the provider that the tests of lineage need; Airflow loads it wherever it is installed.
    reported["plugins"] = [plugin for plugin in reported["plugins"] if plugin[0] != "OpenLineageProviderPlugin"]
    return reported


def test_the_plugins_folder_registers_the_plugin_once(tmp_path: Path, site: Path) -> None:
    reported = probe(tmp_path, site, plugins=PROJECT / "plugins")
    assert reported["plugins"] == [["refdata", "$PLUGINS_FOLDER/refdata_plugin.py"]]
    assert reported["errors"] == {}
    assert Path(reported["package"]) == PROJECT / "plugins" / "refdata"
    assert Path(reported["sql"]) == PROJECT / "include" / "sql"


def test_the_wheel_registers_the_plugin_once(tmp_path: Path, site: Path, wheel: Path) -> None:
    (tmp_path / "plugins").mkdir()
    reported = probe(tmp_path, site, wheel, plugins=tmp_path / "plugins")
    assert [name for name, _ in reported["plugins"]] == ["refdata"]
    assert "airflow-provider-refdata==" in reported["plugins"][0][1]
    assert reported["errors"] == {}
    assert Path(reported["package"]) == wheel / "refdata"
    assert Path(reported["sql"]) == wheel / "refdata" / "include" / "sql"


def test_the_folder_beside_an_installed_wheel_registers_nothing_more(tmp_path: Path, site: Path, wheel: Path) -> None:
    reported = probe(tmp_path, site, wheel, plugins=PROJECT / "plugins")
    assert [name for name, _ in reported["plugins"]] == ["refdata"]
    assert reported["errors"] == {}


def test_importing_the_plugin_builds_no_application(tmp_path: Path, site: Path) -> None:
    """Every Airflow process loads plugins; only the API server needs FastAPI."""
    assert probe(tmp_path, site, plugins=PROJECT / "plugins")["built"] is False


def test_the_wheel_contains_every_file_of_the_tree(wheel: Path) -> None:
    for source, packed in (
        (PROJECT / "plugins" / "refdata", "refdata"),
        (PROJECT / "include" / "sql", "refdata/include/sql"),
        (PROJECT / "dags", "refdata/include/dags"),
    ):
        kept = {".py", ".typed", ".sql", ".js", ".css", ".html", ".svg"}
        names = {path.relative_to(source) for path in source.rglob("*") if path.suffix in kept}
        assert [str(name) for name in sorted(names) if not (wheel / packed / name).is_file()] == []


def test_airflow_lists_the_installed_provider_with_its_settings(tmp_path: Path, site: Path, wheel: Path) -> None:
    (tmp_path / "plugins").mkdir()
    reported = probe(tmp_path, site, wheel, plugins=tmp_path / "plugins")
    assert reported["setting"] == "6"  # from the provider's own defaults
    listed = run(
        tmp_path, "-m", "airflow", "providers", "list", "-o", "json", path=(site, wheel), plugins=tmp_path / "plugins"
    )
    providers = {one["package_name"]: one["version"] for one in json.loads(listed[listed.index("[{") :])}
    assert providers["airflow-provider-refdata"] == reported["version"]


DAGS_LINE = re.compile(r"\brefdata (dags) > ((?:/opt/airflow/)?dags/refdata\.py)")


@pytest.mark.parametrize("page", ["README.md", "docs/deployment.md"])
def test_the_pages_have_the_line_that_brings_the_dags(page: str) -> None:
    assert DAGS_LINE.search((PROJECT / page).read_text(encoding="utf-8"))


def test_one_line_installs_the_package_and_adds_its_dags() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (PROJECT / "README.md").read_text(encoding="utf-8").splitlines()
    (line,) = [one.strip() for one in lines if one.strip().startswith("pip install")]
    install, *rest = line.split(" && ")
    assert install == f"pip install {project['name']}"
    assert rest == ["mkdir -p dags", "refdata dags > dags/refdata.py"]


def test_the_wheel_alone_brings_every_dag_by_the_documented_line(tmp_path: Path, site: Path, wheel: Path) -> None:
    line = DAGS_LINE.search((PROJECT / "README.md").read_text(encoding="utf-8"))
    assert line is not None
    for folder in ("plugins", "dags"):
        (tmp_path / folder).mkdir()
    path, plugins = (site, wheel), tmp_path / "plugins"
    code = "import sys; from refdata.cli import main; sys.exit(main(sys.argv[1:]))"
    printed = run(tmp_path, "-c", code, line[1], path=path, plugins=plugins)
    (tmp_path / line[2]).write_text(printed)
    code = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print(json.dumps({"dags": sorted(bag.dags), "errors": bag.import_errors}))
"""
    found = run(tmp_path, "-c", code, str(tmp_path / "dags"), path=path, plugins=plugins)
    reported = json.loads(found.splitlines()[-1])
    assert reported["errors"] == {}
    assert reported["dags"] == sorted(path.stem for path in (PROJECT / "dags").glob("refdata_*.py"))


def test_the_source_distribution_contains_docs_dags_and_statements(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "requirements.txt",
        "plugins/refdata_plugin.py",
    }
    assert wanted <= names
    for folder in ("docs", "dags", "include/sql"):
        there = {str(path.relative_to(PROJECT)) for path in (PROJECT / folder).rglob("*") if path.is_file()}
        assert {name for name in there if "__pycache__" not in name} <= names


def test_an_index_shows_no_link_that_leads_nowhere(wheel: Path) -> None:
    metadata = next(wheel.glob("*.dist-info")) / "METADATA"
    text = metadata.read_text(encoding="utf-8").partition("\n\n")[2]
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert targets
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []
