"""The command line, as a person types it: what it prints and its exit code."""

from __future__ import annotations

import json
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from refdata import cli, wiring
from refdata.api import ReferenceData
from refdata.commands import validating
from refdata.config import load_settings
from refdata.core.errors import PermissionDeniedError
from refdata.core.failure import Failure
from refdata.core.runid import CLI_RUN
from refdata.core.schemasteps import LATEST
from refdata.ingest.archive import move_to_error
from refdata.ingest.detect import detect_format
from refdata.ingest.process import process
from tests.embedded import deploy_in
from tests.integration.engines import TSQL, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from refdata.core.model import DroppedFile
    from refdata.ingest.context import Deps

FULL = "reference_data_table/fullload"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    dropoff = deploy_in(tmp_path, monkeypatch)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://127.0.0.1:9/execution/")
    yield dropoff
    load_settings.cache_clear()


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    """Exit code and JSON answer."""
    code = cli.main([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out or "null")


def test_a_file_is_loaded_and_found_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    assert asked(capsys, "init-db", "--check")[0] == 1
    assert asked(capsys, "init-db")[1]["schema"] == LATEST
    assert asked(capsys, "init-db", "--check")[0] == 0
    code, files = asked(capsys, "load", f"{FULL}/cities.csv")
    assert (code, files[0]["status"], files[0]["rows_loaded"]) == (0, "completed", 2)
    assert [file["file_name"] for file in asked(capsys, "history", "--search", "CITIES")[1]] == ["cities.csv"]
    assert [(table["table_name"], table["version_id"]) for table in asked(capsys, "tables")[1]] == [("cities", 1)]


def test_the_start_makes_load_folders_but_no_root(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(root / FULL)
    assert (asked(capsys, "init-db", "--check")[0], (root / FULL).is_dir()) == (1, False)
    assert (asked(capsys, "init-db")[0], (root / FULL).is_dir()) == (0, True)
    shutil.rmtree(root)
    for check in (["--check"], []):
        code = cli.main(["init-db", *check])
        printed = capsys.readouterr()
        assert (code, root.exists()) == (1, False)
        assert str(root) in printed.err
        assert "What to do: Mount or create it" in printed.err


def test_a_load_beyond_the_gates_limits_needs_an_approval(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__GATE", "true")
    file = root / FULL / "cities.csv"
    file.write_text("code,name\n01,Graz\n02,Linz\n")
    assert asked(capsys, "load", f"{FULL}/cities.csv")[0] == 0
    file.write_text("code,name\n01,Graz\n")
    assert cli.main(["load", f"{FULL}/cities.csv"]) == 3
    reported = capsys.readouterr().err
    assert "1 of 2 rows would be removed (50.0%)" in reported
    assert "--approve REASON" in reported
    assert file.exists()
    code, files = asked(capsys, "load", f"{FULL}/cities.csv", "--approve", "Linz is gone")
    assert (code, files[0]["status"], files[0]["rows_loaded"]) == (0, "completed", 1)
    said = ReferenceData.connect().audit("cities")[0]
    assert (said.action, said.reason) == ("approve", "Linz is gone")


def test_a_refused_file_says_why_and_exits_with_1(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01\n02,Linz\n")
    code = cli.main(["load", f"{FULL}/cities.csv"])
    printed = capsys.readouterr()
    assert code == 1
    assert "damaged" in printed.err
    assert "[cities.csv]" in printed.err
    assert "error" in printed.out


def test_detect_shows_format_and_tables_without_loading(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    cli.main(["load", f"{FULL}/cities.csv"])
    other = tmp_path / "places.csv"
    other.write_text("code;town\n03;Wels\n04;Steyr\n")
    capsys.readouterr()
    code, report = asked(capsys, "detect", str(other))
    assert (code, report["format"]["delimiter"]) == (0, ";")
    assert [(match["table"], match["missing"]) for match in report["matches"]] == [("ref.cities", ["name"])]
    assert cli.main(["detect", str(other)]) == 0
    shown = capsys.readouterr().out
    assert "semicolon" in shown
    assert "ref.cities" in shown
    assert len(asked(capsys, "history")[1]) == 1


def test_the_doctor_shows_what_is_left_and_repairs_it(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    deps = wiring.connect()
    detect_format(deps, deps.dropoff.find(f"{FULL}/cities.csv"), f"{CLI_RUN}killed")
    assert asked(capsys, "doctor") == (0, [])
    (root / FULL / "cities.csv").unlink()
    monkeypatch.setattr(wiring, "utc_now", lambda: datetime.now(UTC).replace(tzinfo=None) + timedelta(days=2))
    code, found = asked(capsys, "doctor")
    assert (code, [(one["kind"], one["repaired"]) for one in found]) == (1, [("vanished", False)])
    code, found = asked(capsys, "doctor", "--repair")
    assert (code, [(one["kind"], one["repaired"]) for one in found]) == (0, [("vanished", True)])
    assert cli.main(["doctor"]) == 0
    assert "Nothing is wrong" in capsys.readouterr().out


def test_maintenance_shows_first_and_deletes_when_reported(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    cli.main(["load", f"{FULL}/cities.csv"])
    later = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=400)
    monkeypatch.setattr(wiring, "utc_now", lambda: later)
    capsys.readouterr()
    code, found = asked(capsys, "maintenance")
    assert (code, found["applied"], found["total"]["processed_file"]["amount"]) == (0, False, 1)
    assert len(list((root / FULL / "processed").iterdir())) == 1
    assert cli.main(["maintenance", "--apply"]) == 0
    assert "was done" in capsys.readouterr().out
    assert list((root / FULL / "processed").glob("*.csv")) == []
    assert asked(capsys, "maintenance")[1]["deletions"] == []
    assert cli.main(["maintenance"]) == 0
    assert "Nothing is due" in capsys.readouterr().out


def test_the_report_is_printed_for_people_and_programs_and_drawn(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n02,Linz\n")
    (root / FULL / "bad.csv").write_text("code,name\n01\n02,Linz\n")
    for name in ("cities", "bad"):
        cli.main(["load", f"{FULL}/{name}.csv"])
    capsys.readouterr()
    code, found = asked(capsys, "report", "--plot", str(tmp_path / "report.png"))
    assert (code, found["throughput"]["rows"], found["errors"]) == (0, 2, [["data", 1]])
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    assert cli.main(["report"]) == 0
    shown = capsys.readouterr().out
    assert "2 files, 1 loaded, 1 refused" in shown
    assert "cities" in shown
    assert cli.main(["report", "--plot", str(tmp_path / "report.nothing")]) == 1
    assert "png" in capsys.readouterr().err


def test_a_canary_goes_the_whole_way_and_leaves_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = asked(capsys, "validate")
    assert (code, [(one["step"], one["works"]) for one in found]) == (
        0, [(step, True) for step in ("connect", "drop", "load", "read", "archive", "remove")]
    )  # fmt: skip
    assert asked(capsys, "history")[1] == []
    assert asked(capsys, "tables")[1] == []
    assert list(root.rglob("*canary*")) == []
    assert cli.main(["validate"]) == 0


def test_a_canary_shows_which_step_fails_and_is_removed_anyway(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / validating.FOLDER / "processed").write_text("a file where the folder should be")
    code, found = asked(capsys, "validate")
    assert code in (1, 3)
    assert [one["step"] for one in found if not one["works"]] == ["load"]
    assert asked(capsys, "tables")[1] == []
    assert list(root.rglob("*canary*")) == []


def test_a_canary_for_a_bucket_is_dropped_there_and_nowhere_else(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__DROPOFF_ROOT", "memory://bucket/prefix")
    monkeypatch.chdir(root)
    load_settings.cache_clear()
    store = fsspec.filesystem("memory")
    store.store.clear()
    store.makedirs("/bucket", exist_ok=True)
    assert asked(capsys, "init-db")[0] == 0
    code, found = asked(capsys, "validate")
    assert (code, [one for one in found if not one["works"]]) == (0, [])
    assert store.find("/bucket") == []
    assert list(root.parent.rglob("*canary*")) == []
    assert [one["state"] for one in asked(capsys, "health")[1]["checks"] if one["name"] == "dropoff"] == ["ok"]


def airflow_that(action: Callable[[Deps, DroppedFile], object], root: Path) -> threading.Thread:
    """Stands in for a running Airflow: picks up the first file that appears, and treats it as a run would."""

    def watch() -> None:
        folder = root / "none_reference_data_table/fullload"
        while not (found := list(folder.glob("[!.]*.csv"))):
            time.sleep(0.01)
        deps = wiring.connect()
        action(deps, deps.dropoff.find(found[0].relative_to(root).as_posix()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("patience", "action", "failed", "said"),
    [
        ("60", lambda deps, file: process(deps, file, "drop_canary"), [], ""),
        ("1", lambda deps, file: None, ["load"], "Nothing picked up the canary within 1 s"),
        ("1", lambda deps, file: detect_format(deps, file, "drop_canary"), ["load", "remove"], "The canary is pending"),
    ],
)
def test_a_canary_waits_until_airflow_has_loaded_it_and_reports_a_timeout(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    patience: str,
    action: Any,
    failed: list[str],
    said: str,
) -> None:
    for name, value in (("STABILITY_CHECKS", "1"), ("STABILITY_INTERVAL", "0.05"), ("ALERT_UNSEEN", patience)):
        monkeypatch.setenv(f"AIRFLOW__REFDATA__{name}", value)
    load_settings.cache_clear()
    wiring.connect().warehouse.initialise()
    airflow = airflow_that(action, root)
    code, found = asked(capsys, "validate", "--airflow")
    airflow.join()
    assert (code, [one["step"] for one in found if not one["works"]]) == (1 if failed else 0, failed)
    assert said in str(found)
    assert (list(root.rglob("*canary*")) == []) == ("remove" not in failed)
    assert (asked(capsys, "history")[1] == []) == ("remove" not in failed)


def test_a_canary_that_airflow_refuses_shows_the_reason_of_the_run(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wiring.connect().warehouse.initialise()

    def refuse(deps: Deps, file: DroppedFile) -> None:
        detect_format(deps, file, "drop_canary")
        error = PermissionDeniedError("INSERT was denied", advice="Grant it")
        move_to_error(deps, file, Failure.of(error, "load_rows"), "drop_canary")

    airflow = airflow_that(refuse, root)
    code, found = asked(capsys, "validate", "--airflow")
    airflow.join()
    reported = next(one["error"] for one in found if one["step"] == "load")
    assert (code, reported) == (1, "INSERT was denied [run drop_canary]. What to do: Grant it.")
    assert list(root.rglob("*canary*")) == []


def test_status_shows_the_current_state_and_errors_the_failures(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"cities": "01,Graz\n", "towns": "01\n02,Linz\n", "lakes": "1,a\n"}
    for name, text in files.items():
        (root / FULL / f"{name}.csv").write_text(f"code,name\n{text}")
    deps = wiring.connect()
    for name in ("cities", "towns"):
        cli.main(["load", f"{FULL}/{name}.csv"])
    detect_format(deps, deps.dropoff.find(f"{FULL}/lakes.csv"), "run")
    capsys.readouterr()
    code, found = asked(capsys, "status")
    assert (code, found["counts"]["completed"], found["counts"]["error"]) == (0, 1, 1)
    assert [one["file_name"] for one in found["waiting"]] == ["lakes.csv"]
    assert [(one["file_name"], one["error_category"]) for one in found["last_errors"]] == [("towns.csv", "data")]
    code, found = asked(capsys, "errors")
    assert (code, [(one["category"], one["files"], one["newest_file"]) for one in found]) == (
        0, [("data", 1, "towns.csv")]
    )  # fmt: skip
    assert "Damaged lines" in found[0]["cause"]
    assert (cli.main(["status"]), cli.main(["errors"])) == (0, 0)
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("1 completed", "lakes.csv", "Last errors", "docs/operations.md"))


WRONG = [
    (["load", "../outside.csv"], 1, "dropoff"),
    (["load", f"{FULL}/../../../etc/passwd.csv"], 1, "dropoff"),
    (["load", f"{FULL}/\udcff.csv"], 1, "dropoff"),
    (["load", f"{FULL}/missing.csv"], 3, "file_changed"),
    (["detect", "missing.csv"], 1, "format"),
    (["contract", "init", "missing.csv"], 1, "data"),
    (["contract", "init", "folder/missing"], 1, "data"),
    (["contract", "init", "nosuchtable"], 1, "data"),
]


@pytest.mark.parametrize(("arguments", "code", "category"), WRONG, ids=[" ".join(case[0]) for case in WRONG])
def test_a_failure_is_reported_with_its_exit_code(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, category: str
) -> None:
    assert cli.main(arguments) == code
    assert capsys.readouterr().err.startswith(f"{category}:")


MISUSE = [
    (["history", "--limit", "0"], "'0' is not a whole number between 1 and 500"),
    (["history", "--limit", "501"], "'501' is not a whole number between 1 and 500"),
    (["history", "--limit", "many"], "'many' is not a whole number between 1 and 500"),
    (["status", "--limit", "-1"], "'-1' is not a whole number between 1 and 500"),
    (["errors", "--days", "367"], "'367' is not a whole number between 1 and 366"),
    (["report", "--days", "0"], "'0' is not a number between 0.01 and 36500.0"),
    (["report", "--days", "nan"], "'nan' is not a number between 0.01 and 36500.0"),
    (["withdraw", "1", "--reason", " "], "it must not be empty"),
]


@pytest.mark.parametrize(("arguments", "message"), MISUSE, ids=[" ".join(case[0]) for case in MISUSE])
def test_a_wrong_value_of_an_option_is_refused_with_its_limits(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("place", ["absolute", "here"])
def test_a_file_may_be_named_by_its_path_from_anywhere(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (root / FULL / "cities.csv").write_text("code,name\n01,Graz\n")
    monkeypatch.chdir(root.parent)
    named = root / FULL / "cities.csv"
    code, files = asked(capsys, "load", str(named if place == "absolute" else named.relative_to(root.parent)))
    assert (code, files[0]["status"]) == (0, "completed")


def test_a_misspelt_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["history", "--statsu", "error"])
    assert left.value.code == 2


def states(found: Any) -> dict[str, tuple[str, str]]:
    return {check["name"]: (check["state"], check["figure"]) for check in found["checks"]}


def test_health_shows_a_database_that_is_ready_from_one_without_a_ledger(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, found = asked(capsys, "health")
    assert (code, found["state"], states(found)["warehouse"]) == (1, "fail", ("fail", "not initialised"))
    cli.main(["init-db"])
    capsys.readouterr()
    code, found = asked(capsys, "health")
    assert code == 0
    assert states(found)["schema"] == ("ok", f"{LATEST} of {LATEST}")
    assert states(found)["queue"] == ("ok", "0 files")
    assert states(found)["airflow"] == ("warn", "unreachable"), "no API server runs here"
    assert {state for name, (state, _) in states(found).items() if name not in ("airflow", "memory", "space")} == {"ok"}
    assert cli.main(["health"]) == 0
    assert "ready in" in capsys.readouterr().out


def test_health_shows_what_is_wrong_with_the_configuration(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__CONN_ID", "nowhere")
    load_settings.cache_clear()
    code, found = asked(capsys, "health")
    assert (code, found["checks"][1]["figure"]) == (1, "configuration")
    assert "nowhere does not exist" in found["checks"][1]["message"]
    monkeypatch.setenv("AIRFLOW__REFDATA__POOL_SIZE", "many")
    load_settings.cache_clear()
    code, found = asked(capsys, "health")
    assert (code, [check["name"] for check in found["checks"]]) == (1, ["settings"])
    assert "pool_size" in found["checks"][0]["message"]


TROUBLES: list[tuple[str, dict[str, Any], int]] = [
    ("unreachable", {"host": "no-such-host.invalid"}, 3),
    ("login refused", {"password": "C4nary"}, 1),
    ("database missing", {"schema": "no_such_database"}, 1),
]


@pytest.mark.parametrize("engine", TSQL)
@pytest.mark.parametrize(("figure", "changes", "code"), TROUBLES, ids=[case[0] for case in TROUBLES])
def test_health_shows_the_troubles_of_a_server_apart(
    root: Path,
    engine: str,
    figure: str,
    changes: dict[str, Any],
    code: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_REFDATA_DEFAULT", json.dumps(Server.named().connection(engine, **changes)))
    load_settings.cache_clear()
    found_code, found = asked(capsys, "health")
    assert (found_code, found["checks"][1]["figure"]) == (code, figure)
    assert "C4nary" not in json.dumps(found)


def test_versions_and_their_difference_are_shown(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("code,name\n01,Graz\n02,[red]Linz\n", "code,name\n01,Graz\n02,Linz\n03,Wels\n"):
        (root / FULL / "cities.csv").write_text(content)
        assert cli.main(["load", f"{FULL}/cities.csv"]) == 0
    capsys.readouterr()
    code, found = asked(capsys, "versions", "cities")
    assert (code, [(one["version"], one["rows"], one["is_live"]) for one in found]) == (
        0,
        [(2, 3, True), (1, 2, False)],
    )
    code, found = asked(capsys, "diff", "cities", "1")
    assert (code, found["added"], found["removed"], found["changed"], found["unchanged"]) == (0, 1, 0, 1, 1)
    assert found["changed_sample"] == [
        {"key": ["02"], "cells": [{"column": "name", "before": "[red]Linz", "after": "Linz"}]}
    ]
    assert cli.main(["diff", "cities", "1", "2", "--key", "name"]) == 0
    shown = capsys.readouterr().out
    assert "version 1 (2 rows) → version 2 (3 rows)" in shown
    assert "[red]Linz" in shown
    assert cli.main(["versions", "cities"]) == 0
    assert "kept" in capsys.readouterr().out
    assert cli.main(["versions", "nowhere"]) == 1


def test_a_rollback_is_shown_first_and_done_with_a_reason(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("code,name\n01,Graz\n", "code,name\n02,Linz\n"):
        (root / FULL / "cities.csv").write_text(content)
        cli.main(["load", f"{FULL}/cities.csv"])
    capsys.readouterr()
    code, found = asked(capsys, "rollback", "cities", "1", "--dry-run")
    assert (code, found["added"], found["removed"]) == (0, 1, 1)
    assert cli.main(["rollback", "cities", "1", "--yes"]) == 2
    assert "--reason" in capsys.readouterr().err
    assert cli.main(["rollback", "cities", "1", "--reason", "wrong file"]) == 2
    assert "--yes" in capsys.readouterr().err
    code, done = asked(capsys, "rollback", "cities", "1", "--reason", "wrong file", "--by", "ada", "--yes")
    assert (code, done["version"], done["rows"]) == (0, 3, 1)
    newest = asked(capsys, "versions", "cities")[1][0]
    assert (newest["actor"], newest["reason"], newest["kind"]) == ("ada", "wrong file", "rollback")
    assert cli.main(["rollback", "cities", "3", "--reason", "x", "--yes"]) == 1
    assert "is already live" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["layout_changed=empty", "layout_changed=Same", "column_missing:price=empty"])
def test_an_answer_that_is_not_offered_leaves_the_file_and_asks_again(
    answer: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = root / FULL / "prices.csv"
    path.write_text("sku,name,price\n007,Bolt,1.50\n010,Nut,0.10\n")
    cli.main(["load", f"{FULL}/prices.csv"])
    path.write_text("sku,name,cost\n007,Bolt,1.50\n010,Nut,0.10\n")
    capsys.readouterr()
    assert cli.main(["load", f"{FULL}/prices.csv", "--answer", answer]) == 3
    printed = capsys.readouterr().err
    assert "--answer layout_changed=same" in printed
    assert "It has 2 of the 3 columns of prices." in printed
    assert path.exists()
    found = asked(capsys, "status")[1]
    assert [[one["file_name"] for one in found[group]] for group in ("waiting", "handed_back")] == [[], ["prices.csv"]]
    assert cli.main(["status"]) == 0
    assert "Back in their folder with a question" in capsys.readouterr().out
    assert cli.main(["load", f"{FULL}/prices.csv", "--answer", "layout_changed=same"]) == 0


def test_an_append_is_taken_back(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, content in ((FULL, "code\n01\n"), (FULL.replace("fullload", "append"), "code\n02\n")):
        (root / folder / "cities.csv").write_text(content)
        cli.main(["load", f"{folder}/cities.csv"])
    capsys.readouterr()
    assert cli.main(["take-back", "2", "--reason", "twice", "--yes"]) == 0
    assert "now at version 3: 2 → 1 rows" in capsys.readouterr().out
    assert cli.main(["take-back", "1", "--reason", "x", "--yes"]) == 1


def test_a_table_is_exported_as_its_file_was_and_no_file_is_overwritten(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    (root / FULL / "cities.csv").write_text("code;Stadt\n01;Graz\n02;Linz\n")
    assert asked(capsys, "load", f"{FULL}/cities.csv")[0] == 0
    assert asked(capsys, "export", "cities")[1] == {"table": "cities", "rows": 2, "file": "cities.csv"}
    assert Path("cities.csv").read_text() == "code;Stadt\n01;Graz\n02;Linz\n"
    assert cli.main(["export", "cities"]) == 1
    assert cli.main(["export", "nothing", "--output", "other.csv"]) == 1
    assert not Path("other.csv").exists()
