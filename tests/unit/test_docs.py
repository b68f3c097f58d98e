"""The pages name every setting, rule, error category, table, column and status; none that does not exist."""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import re
import shlex
import tomllib
from dataclasses import fields
from pathlib import Path

import apprise
import pytest
from airflow.cli import cli_parser
from scripts import write_api, write_commands, write_docs, write_statements

from refdata import cli, sqlfiles
from refdata.core import errors, settings
from refdata.core.alerting import Occasion
from refdata.core.errorguide import GUIDES, RUNBOOK
from refdata.core.errors import PermanentError, RefdataError, TransientError
from refdata.core.healthrules import COMPONENTS
from refdata.core.maintenance import DeletionKind as Deleted
from refdata.core.model import FileStatus
from refdata.core.naming import LINEAGE_COLUMNS, VERSION_COLUMN
from refdata.core.schemasteps import FIRST_SCRIPT, STEPS
from refdata.core.tablerules import TableRules
from refdata.ingest.reconcile import DefectKind
from refdata.notifications.metrics import METRICS
from refdata.warehouse.mssql import options
from tests.integration.engines import NO_ODBC

ROOT = Path(__file__).parents[2]
PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))
ENGINES = sorted(path.parent.name for path in sqlfiles.root().glob("*/create_ledger.sql"))


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """The text below a heading, up to the next heading of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}[^\n]*\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no heading {heading}"
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """The rows of the tables in a text: the first cell's code word → the other cells."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    return {found[1]: row[1:] for row in cells if (found := re.match(r"`([^`]+)`", row[0]))}


def columns_of(script: str, engine: str) -> list[str]:
    """The columns that a script creates, and those that later steps add to the same table."""
    folder = sqlfiles.root() / engine
    made = (folder / f"{script}.sql").read_text(encoding="utf-8")
    adding = script.replace("create_", "add_", 1)
    later = [name for step in STEPS for name in step.scripts if name.startswith(f"{adding}_")]
    texts = [(folder / f"{name}.sql").read_text(encoding="utf-8") for name in later]
    added = [found for text in texts for found in re.findall(r"\bADD (?:COLUMN )?(\w+) ", text)]
    return re.findall(r"^    (\w+) ", made.partition("(\n")[2], re.MULTILINE) + added


def categories(branch: type[RefdataError]) -> set[str]:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, branch)]
    return {kind.category for kind in kinds if kind is not branch}


@pytest.mark.parametrize("name", write_docs.BLOCKS)
def test_generated_parts_of_pages_are_current(name: str) -> None:
    text = page(name)
    assert write_docs.rewritten(name, text) == text, "run: PYTHONPATH=plugins python scripts/write_docs.py"


def test_every_setting_has_its_row_with_its_variable() -> None:
    written = re.findall(r"^\| `(\w+)`<br>`(\w+)` \|", page("configuration.md"), re.MULTILINE)
    assert written == [(spec.name, f"AIRFLOW__REFDATA__{spec.name.upper()}") for spec in settings.specs()]


def test_every_key_of_the_table_rules_is_explained() -> None:
    documented = rows(section(page("configuration.md"), "Rules for one table"))
    assert set(documented) == {spec.name for spec in fields(TableRules)}


def test_every_extra_of_a_sql_server_connection_is_explained() -> None:
    documented = rows(section(page("configuration.md"), "The database"))
    names = {name.lower().replace("_", "") for name in documented} - {"mssql", "odbc", "sqlite"}
    assert names == set(options._FIELDS) - {"encryption"}, "`encryption` is another spelling of `Encrypt`"


@pytest.mark.parametrize(
    ("heading", "expected"),
    [("Transient", categories(TransientError)), ("Permanent", categories(PermanentError)), ("Neither", {"internal"})],
)
def test_every_error_category_is_explained_in_its_branch(heading: str, expected: set[str]) -> None:
    documented = rows(section(page("errors.md"), heading))
    assert set(documented) == expected
    assert all(len(cells) == 3 and all(cells) for cells in documented.values())


def test_the_guide_of_the_command_line_says_what_the_page_says() -> None:
    plain = re.compile(r"\s*\(\[[^\]]*\]\([^)]*\)\)|`")
    documented = {name: [plain.sub("", cell) for cell in cells[1:]] for name, cells in rows(page("errors.md")).items()}
    assert documented == {name: [guide.cause, guide.advice] for name, guide in GUIDES.items()}
    file, _, heading = RUNBOOK.partition("#")
    assert set(GUIDES) == set(rows(section((ROOT / file).read_text(), heading.replace("-", " ").capitalize())))


def own_tables() -> list[tuple[str, str]]:
    """The tables that the schema's scripts create: the heading that explains each, and the script."""
    scripts = [name for step in STEPS for name in step.scripts] + [FIRST_SCRIPT]
    texts = {name: (sqlfiles.root() / "mssql" / f"{name}.sql").read_text(encoding="utf-8") for name in scripts}
    made = {name: re.search(r"CREATE TABLE \[ref\]\.\[(\w+)\]", text) for name, text in texts.items()}
    return [(f"`ref.{found[1]}`", name) for name, found in made.items() if found]


def test_every_own_table_is_explained() -> None:
    headings = re.findall(r"^## (`ref\.[A-Z]\w+`)", page("database.md"), re.MULTILINE)
    assert sorted(headings) == sorted(heading for heading, _ in own_tables())


@pytest.mark.parametrize(("heading", "script"), own_tables())
@pytest.mark.parametrize("engine", ENGINES)
def test_every_column_of_the_own_tables_is_explained_in_its_order(heading: str, script: str, engine: str) -> None:
    documented = [name for name in rows(section(page("database.md"), heading)) if name not in set(FileStatus)]
    assert documented == columns_of(script, engine)


def test_the_relationships_are_between_columns_that_exist() -> None:
    known = {heading.strip("`").removeprefix("ref."): columns_of(script, "mssql") for heading, script in own_tables()}
    named = re.findall(r"`(\w+)\.(\w+)`", section(page("database.md"), "Relationships"))
    assert {table for table, _ in named} == set(known) - {"Reference_Data_Schema"}
    assert [f"{table}.{column}" for table, column in named if column not in known[table]] == []


def test_every_finding_of_the_doctor_is_explained() -> None:
    assert list(rows(page("doctor.md"))) == [kind.value for kind in DefectKind]


def test_every_occasion_of_an_alert_is_explained() -> None:
    assert set(rows(section(page("alerts.md"), "Categories"))) == {occasion.value for occasion in Occasion}


def test_the_services_that_alerts_reach_are_shown_with_addresses_that_apprise_takes() -> None:
    shown = re.findall(r"^\| ([\w ]+) \| `(\w+://[^`]+)` \|$", page("alerts.md"), re.MULTILINE)
    services = {name: type(apprise.Apprise.instantiate(address)).__name__ for name, address in shown}
    kinds = {"Slack": "NotifySlack", "Teams": "NotifyWorkflows", "PagerDuty": "NotifyPagerDuty"}
    assert services == {**kinds, "a webhook": "NotifyJSON"}
    (added,) = connections_added("alerts.md")
    paths = [entry["path"] for entry in json.loads(added.conn_extra)["config"]]
    assert set(paths) <= {address for _, address in shown}


def test_every_check_of_health_is_explained() -> None:
    made = [ROOT / "plugins" / "refdata" / name for name in ("health.py", "core/healthrules.py")]
    named = {name for path in made for name in re.findall(r'(?:Check|failed|_check)\(\s*"(\w+)"', path.read_text())}
    documented = set(rows(section(page("health.md"), "Checks")))
    assert documented == named | set(COMPONENTS) | {"processed", "error"}


def test_everything_that_maintenance_deletes_is_explained_with_its_setting() -> None:
    documented = rows(page("maintenance.md"))
    assert list(documented) == [kind.value for kind in Deleted]
    known = {spec.name for spec in settings.specs()}
    assert all(re.fullmatch(r"`(\w+)`", cells[1]) and cells[1].strip("`") in known for cells in documented.values())


def test_every_metric_is_explained() -> None:
    documented = rows(section(page("metrics.md"), "Metrics"))
    assert {name: tuple(cells) for name, cells in documented.items()} == dict(METRICS)


def test_the_page_of_commands_is_the_one_that_the_script_writes() -> None:
    assert page("commands.md") == write_commands.page(), "run: PYTHONPATH=plugins python scripts/write_commands.py"


def test_the_page_of_the_python_api_is_the_one_that_the_script_writes() -> None:
    assert page("api.md") == write_api.page(), "run: PYTHONPATH=plugins python scripts/write_api.py"


def commands_shown() -> list[tuple[str, str]]:
    """Each line of a code block, and each code word, that calls ``refdata``: the page's name and the call."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        lines = re.findall(r"^ {4,}(refdata [a-z-]+[^>\n]*?)(?: {2,}.*| > .*)?$", text, re.MULTILINE)
        found += [(path.name, call) for call in lines]
    return sorted(set(found))


@pytest.mark.parametrize(("name", "call"), commands_shown(), ids=[f"{name}: {call}" for name, call in commands_shown()])
def test_a_command_that_a_page_shows_is_one_that_exists(name: str, call: str) -> None:
    words = [word for word in shlex.split(call.replace("[", "").replace("]", "")) if word != "|"]
    assert cli.parser().parse_args(words[1:]).run


def commands_named() -> list[tuple[str, str]]:
    """Each call of ``refdata`` in running text: the page's name and the call, which may leave out what it is about."""
    found = [(path.name, path.read_text(encoding="utf-8")) for path in PAGES if path.name != "commands.md"]
    return sorted(
        {(name, call) for name, text in found for call in re.findall(r"`(refdata [a-z][^`>]*)(?:> [^`]*)?`", text)}
    )


@pytest.mark.parametrize(("name", "call"), commands_named(), ids=[f"{name}: {call}" for name, call in commands_named()])
def test_a_command_that_a_page_names_exists_with_its_options(name: str, call: str) -> None:
    words = re.sub(r"\b[A-Z]{2,}\b", "1", call.partition("|")[0]).split()[1:]

    def is_one(left_out: list[str]) -> bool:
        try:
            return bool(cli.parser().parse_args([*words, *left_out]).run)
        except SystemExit:
            return False

    assert any(is_one(left_out) for left_out in ([], ["1"], ["1", "1"], ["1", "1", "1"]))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_file_that_a_page_starts_or_installs_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    scripts = re.findall(r"(?:^ {4}|`)(?:\./|python3? )?((?:scripts|docker)/[\w.]+)(?=[ `\n])", text, re.MULTILINE)
    modules = re.findall(r"python3? -m ([\w.]+)", text)
    extras = re.findall(r"airflow-provider-refdata\[(\w+)\]", text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [name for name in scripts if not (ROOT / name).is_file()] == []
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []
    assert set(extras) <= set(project["optional-dependencies"])


def test_every_setting_on_the_deployment_page_exists() -> None:
    text = page("deployment.md")
    pinned = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    assert set(re.findall(r"apache/airflow:([\d.]+)", text)) == {pinned[1]}
    known = {spec.name for spec in settings.specs()}
    named = [name for path in PAGES for name in re.findall(r"AIRFLOW__REFDATA__([A-Z_]+)\b", path.read_text("utf-8"))]
    assert {name.lower() for name in named} | set(re.findall(r"refdata[.-](dropoff_\w+)", text)) <= known


def test_every_dag_is_named_in_the_operations_page() -> None:
    names = {path.stem for path in (ROOT / "dags").glob("refdata_*.py")}
    assert names == set(rows(section(page("operations.md"), "DAGs")))


def test_every_error_category_has_its_entry_in_the_runbook() -> None:
    named = set(rows(section(page("operations.md"), "By category")))
    assert named == categories(TransientError) | categories(PermanentError) | {"internal"}


def test_every_status_is_explained() -> None:
    documented = rows(section(page("database.md"), "`ref.File_Monitor_Tracking`"))
    assert [name for name in documented if name in set(FileStatus)] == [status.value for status in FileStatus]


@pytest.mark.parametrize(
    ("heading", "names"), [("`ref.<table>`", LINEAGE_COLUMNS), ("`bkp.<table>_backup`", (VERSION_COLUMN,))]
)
def test_every_column_that_is_added_to_a_table_is_explained(heading: str, names: tuple[str, ...]) -> None:
    assert tuple(rows(section(page("database.md"), heading))) == names


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_files_that_a_page_names_exist(path: Path) -> None:
    named = re.findall(
        r"`((?:plugins|dags|scripts|include|tests|docs|benchmarks)/[\w./-]+)`", path.read_text(encoding="utf-8")
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


def connections_added(name: str = "connections.md") -> list[argparse.Namespace]:
    """Each ``airflow connections add`` of a page, read by Airflow's own parser."""
    code = "\n".join(re.findall(r"^```sh\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL))
    commands = re.findall(r"^airflow (connections add .*)$", code.replace("\\\n", " "), re.MULTILINE)
    return [cli_parser.get_parser().parse_args(shlex.split(command)) for command in commands]


def test_there_is_an_example_of_a_connection_of_each_type() -> None:
    assert {added.conn_type for added in connections_added()} == {"mssql", "odbc", "sqlite"}


@pytest.mark.parametrize("added", connections_added(), ids=lambda added: f"{added.conn_type}-{added.conn_extra or ''}")
def test_the_example_of_a_connection_is_accepted(added: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = json.loads(added.conn_extra or "{}")
    found = {name: getattr(added, f"conn_{name}") for name in ("host", "port", "schema", "login", "password")}
    port = int(found.pop("port") or 0) or None
    if added.conn_type == "mssql":
        host, schema, login, password = found.values()
        read = options.read_options(host, port, schema, login, password, extra, "page")
        assert (read.encrypt, read.trust) == ("yes", False)
    elif added.conn_type == "odbc":
        hook = pytest.importorskip("refdata.warehouse.odbc.hook", reason=NO_ODBC, exc_type=ImportError)
        described = {"conn_type": "odbc", **found, "port": port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_PAGE", json.dumps(described))
        string = hook.SecureOdbcHook("page").odbc_connection_string
        assert all(f"{name}={{{value}}}" in string for name, value in extra.items() if name != "dsn")
        assert "TrustServerCertificate={no}" in string
    else:
        assert Path(found["host"]).is_absolute()


def test_the_defaults_of_pool_and_timeouts_are_the_settings() -> None:
    documented = rows(section(page("connections.md"), "Pool, retries and timeouts"))
    units = {"": 1, "s": 1, "h": 3600}
    defaults = {name: cells[0].partition(" ") for name, cells in documented.items()}
    values = {name: float(number) * units[unit] for name, (number, _, unit) in defaults.items()}
    assert values == {name: float(getattr(settings.Settings(), name)) for name in documented}


def test_the_page_of_statements_is_as_written_and_has_every_file() -> None:
    text = page("statements.md")
    assert text == write_statements.page(), "run: PYTHONPATH=plugins python -m scripts.write_statements"
    folders = ("mssql", "common")
    stems = {path.stem for folder in folders for path in (ROOT / "include" / "sql" / folder).glob("*.sql")}
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == stems


def test_the_rights_that_statements_need_are_those_that_are_granted() -> None:
    scripts = (ROOT / "include" / "sql" / "mssql").glob("grant_*.sql")
    granted = set(re.findall(r"\b(SELECT|INSERT|UPDATE|DELETE|ALTER|CREATE TABLE)\b", " ".join(map(_code, scripts))))
    needed = {right for kind, (*_, rights) in write_statements.KINDS.items() if kind not in ("LOCK", "ADMIN")
              for right in re.findall(r"CREATE TABLE|[A-Z]{4,}", rights)}  # fmt: skip
    assert needed == granted


def _code(script: Path) -> str:
    return re.sub(r"--[^\n]*", "", script.read_text(encoding="utf-8"))
