"""``refdata_load`` as Airflow parses it, and its steps with a task instance that keeps XComs in memory."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowRuntimeError, DownstreamTasksSkipped, ErrorType, TaskDeferred
from airflow.sdk.execution_time.comms import ErrorResponse
from airflow.sdk.execution_time.context import OutletEventAccessors

from refdata import serial, wiring
from refdata.config import load_settings
from refdata.core.errors import (
    AirflowAwayError,
    ConfigurationError,
    ConnectionLostError,
    DataError,
    FileChangedError,
    FormatError,
    RefdataError,
    SchemaError,
)
from refdata.core.failure import Failure
from refdata.core.steps import MARKED_KEY
from refdata.dropoff import Dropoff
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.tree import identity_of
from refdata.ingest.cancel import cancel
from refdata.operators.asking import StageRowsOperator
from refdata.operators.load import (
    FAILURE_KEY,
    AlignTableOperator,
    DetectFormatOperator,
    LoadRowsOperator,
    MoveToErrorOperator,
    MoveToProcessedOperator,
    RefDataStep,
    WriteConfigOperator,
)
from refdata.triggers.turn import TurnTrigger
from tests.embedded import deploy_in
from tests.fileclock import next_tick

FULL, OTHER = "reference_data_table/fullload", "none_reference_data_table/fullload"
STEPS: dict[str, type[RefDataStep]] = {
    "detect_format": DetectFormatOperator,
    "align_table": AlignTableOperator,
    "load_rows": LoadRowsOperator,
    "write_config": WriteConfigOperator,
    "move_to_processed": MoveToProcessedOperator,
    "move_to_error": MoveToErrorOperator,
}


class XComs:
    """Stands for the task instances of one run: what a step returns or pushes, the later ones pull."""

    dag_id, run_id, try_number, max_tries = "refdata_load", "run", 1, 5

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Any] = {}
        self.task = ""
        self.states: dict[str, str] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.values[self.task, key] = json.loads(json.dumps(value))

    def get_task_states(self, **_: Any) -> dict[str, dict[str, str]]:
        return {self.run_id: self.states}

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self.values.get((task_ids, key))


class Run:
    """One run of the DAG for one dropped file."""

    def __init__(self, path: str, run_id: str = "run") -> None:
        self.xcoms = XComs()
        events = OutletEventAccessors()
        self.context: Any = {"ti": self.xcoms, "run_id": run_id, "params": {"path": path}, "outlet_events": events}

    def step(self, name: str) -> Any:
        self.xcoms.task = name
        result = STEPS[name](task_id=name).execute(self.context)
        self.xcoms.xcom_push("return_value", result)
        return result


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return deploy_in(tmp_path, monkeypatch)


@pytest.fixture(autouse=True)
def _fresh_settings() -> Any:
    yield
    load_settings.cache_clear()


def drop(root: Path, name: str, content: str) -> str:
    (root / FULL / name).write_text(content)
    next_tick(root.parent)
    return f"{FULL}/{name}"


def test_the_steps_of_a_good_file_end_in_processed(root: Path) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n02,Linz\n"))
    results = {name: run.step(name) for name in list(STEPS)[:5]}
    assert results["detect_format"]["scan"]["rows"] == 2
    assert results["align_table"].startswith("create ref.cities")
    assert (results["load_rows"]["rows"], results["load_rows"]["version"]) == (2, 1)
    assert results["write_config"] == "inserted"
    assert Path(results["move_to_processed"]).parent == root / FULL / "processed"


@pytest.mark.parametrize(
    ("folder", "procedure", "skipped"),
    [
        (FULL, "", {"review", "publish_rows"}),
        (OTHER, "dbo.after_load", {"review", "publish_rows"}),
        (OTHER, "", {"review", "publish_rows", "write_config"}),
    ],
    ids=["reference table", "procedure after the load", "neither"],
)
def test_steps_without_work_are_skipped(
    root: Path, monkeypatch: pytest.MonkeyPatch, folder: str, procedure: str, skipped: set[str]
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__POST_LOAD_PROCEDURE", procedure)
    load_settings.cache_clear()
    (root / folder / "cities.csv").write_text("code\n1\n")
    run = Run(f"{folder}/cities.csv")
    for name in ("detect_format", "align_table"):
        run.step(name)
    run.xcoms.task = "load_rows"
    with pytest.raises(DownstreamTasksSkipped) as raised:
        StageRowsOperator(task_id="load_rows").execute(run.context)
    assert set(raised.value.tasks) == skipped
    run.step("move_to_processed")
    (row,) = wiring.connect().ledger.page().files
    assert row.rows_loaded == 1
    assert row.processed_at is not None


def test_a_reference_table_is_registered_whatever_folder_its_file_is_dropped_in(root: Path) -> None:
    first = Run(drop(root, "cities.csv", "code\n1\n"))
    for name in list(STEPS)[:5]:
        first.step(name)
    (root / OTHER / "cities.csv").write_text("code\n1\n2\n")
    second = Run(f"{OTHER}/cities.csv", "second")
    for name in ("detect_format", "align_table"):
        second.step(name)
    second.xcoms.task = "load_rows"
    with pytest.raises(DownstreamTasksSkipped) as raised:
        StageRowsOperator(task_id="load_rows").execute(second.context)
    assert "write_config" not in raised.value.tasks


def test_every_step_may_run_again_after_its_success(root: Path) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    for name in list(STEPS)[:4]:
        first = run.step(name)
        again = run.step(name)
        if name == "load_rows":
            assert (again["rows"], again["version"]) == (first["rows"], first["version"])
    run.step("move_to_processed")
    deps = wiring.connect()
    with deps.warehouse.transaction(write=False) as session:
        assert session.query("SELECT code FROM ref.cities") == [("01",)]


@pytest.mark.parametrize(("failed", "given_back"), [("write_config", False), ("load_rows", True)])
def test_without_a_connection_a_file_is_given_back_unless_it_is_loaded(
    root: Path, monkeypatch: pytest.MonkeyPatch, failed: str, given_back: bool
) -> None:
    run = Run(path := drop(root, "cities.csv", "code,name\n01,Graz\n"))
    for name in list(STEPS)[:3]:
        run.step(name)
    run.xcoms.states = {failed: "failed"}
    before = (root / path).stat().st_ctime_ns
    monkeypatch.delenv("AIRFLOW_CONN_REFDATA_DEFAULT")
    with pytest.raises(ConfigurationError):
        run.step("move_to_error")
    assert ((root / path).stat().st_ctime_ns != before) is given_back


FAULTS: list[tuple[str, str, type[RefdataError]]] = [
    ("empty", "", FormatError),
    ("damaged rows", "code,name\n01,Graz\n02\n", DataError),
]


@pytest.mark.parametrize(("content", "error"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_refused_file_says_why_to_the_error_branch(root: Path, content: str, error: type[RefdataError]) -> None:
    run = Run(drop(root, "cities.csv", content))
    with pytest.raises(error):
        run.step("detect_format")
    failure = serial.from_json(Failure, run.xcoms.values["detect_format", FAILURE_KEY])
    assert (failure.category, failure.transient, failure.task) == (error.category, False, "detect_format")
    archived = Path(run.step("move_to_error"))
    assert archived.parent == root / FULL / "error"
    report = json.loads(archived.with_name(f"{archived.stem}.error.json").read_text())
    assert report["message"] == failure.what


class Surprised(RefDataStep):
    """Fails like a library with an unforeseen error."""

    def step(self, *_: Any) -> Any:
        raise ValueError("cannot convert 'a value of a row'")


def test_an_unforeseen_exception_is_reported_by_its_place_and_not_its_text(root: Path) -> None:
    run = Run(drop(root, "cities.csv", "code\n1\n"))
    run.xcoms.task = "detect_format"
    with pytest.raises(RefdataError) as raised:
        Surprised(task_id="detect_format").execute(run.context)
    shown = "".join(traceback.format_exception(raised.value))
    failure = serial.from_json(Failure, run.xcoms.values["detect_format", FAILURE_KEY])
    assert "a value of a row" not in shown + failure.text
    assert (failure.category, failure.what) == ("internal", "Unforeseen error ValueError")
    assert "test_load_dag.py:" in failure.where and "in step" in failure.where


class Unanswered(RefDataStep):
    """Asks Airflow's API server, which answers ``status``, or not at all."""

    def __init__(self, *, status: int | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.status = status

    def step(self, *_: Any) -> Any:
        detail = {"status_code": self.status, "message": "[Errno 113] No route", "exception_type": "ConnectError"}
        raise AirflowRuntimeError(ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail=detail))


@pytest.mark.parametrize(("status", "category"), [(None, "airflow"), (503, "airflow"), (409, "internal")])
def test_an_api_server_that_does_not_answer_is_waited_for(root: Path, status: int | None, category: str) -> None:
    run = Run(drop(root, "cities.csv", "code\n1\n"))
    run.xcoms.task = "align_table"
    with pytest.raises(RefdataError) as raised:
        Unanswered(task_id="align_table", status=status).execute(run.context)
    failure = serial.from_json(Failure, run.xcoms.values["align_table", FAILURE_KEY])
    assert (raised.value.category, failure.category, failure.transient) == (category, category, category == "airflow")


def test_a_step_says_why_it_failed_although_airflow_cannot_be_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(drop(root, "cities.csv", "code\n1\n"))
    monkeypatch.setattr(run.xcoms, "xcom_push", lambda **_: Unanswered(task_id="align_table", status=None).step())
    with pytest.raises(AirflowAwayError, match=r"does not answer the task \(ConnectError\)"):
        Unanswered(task_id="align_table", status=None).execute(run.context)


def test_a_step_killed_without_a_word_still_gives_a_reason(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MoveToErrorOperator, "sleep", staticmethod(lambda _: None))
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    run.step("detect_format")
    archived = Path(run.step("move_to_error"))
    assert json.loads(archived.with_name(f"{archived.stem}.error.json").read_text())["category"] == "internal"


def reported(run: Run) -> str:
    archived = Path(run.step("move_to_error"))
    return str(json.loads(archived.with_name(f"{archived.stem}.error.json").read_text())["category"])


def test_a_task_marked_failed_while_it_waits_for_its_turn_cancels_the_load(root: Path) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    run.step("detect_format")
    run.xcoms.states = {"detect_format": "success", "align_table": "failed"}
    run.xcoms.values["align_table", MARKED_KEY] = True
    assert reported(run) == "cancelled"
    assert list((root / FULL).glob("*.csv")) == []


@pytest.mark.parametrize(
    ("done", "waited", "given_back"),
    [
        ([], 0, True),
        (["detect_format"], 0, True),
        (["detect_format", "align_table"], 1900, True),
        (["detect_format", "align_table"], 300, False),
    ],
    ids=["detect_format", "align_table", "load_rows", "load_rows, killed"],
)
def test_a_file_whose_task_no_worker_began_goes_back_to_the_watcher(
    root: Path, done: list[str], waited: int, given_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MoveToErrorOperator, "sleep", staticmethod(lambda _: None))
    path = drop(root, "cities.csv", "code,name\n01,Graz\n")
    run = Run(path)
    for step in done:
        run.step(step)
    run.xcoms.states = {**dict.fromkeys(done, "success"), list(STEPS)[len(done)]: "failed"}
    warehouse = wiring.connect().warehouse
    warehouse.initialise()
    with warehouse.transaction() as session:
        for sign in ("started_at", "heartbeat_at", "created_at"):
            sql = f"UPDATE ref.File_Monitor_Tracking SET {sign} = datetime({sign}, ?)"
            session.execute(sql, [f"-{waited} seconds"])
    assert (run.step("move_to_error") == "") is given_back
    assert (root / path).exists() is given_back


@pytest.mark.parametrize(("tries", "category"), [(1, "cancelled"), (6, "")], ids=["retries left", "last try"])
def test_a_transient_failure_hands_the_file_back_unless_somebody_ended_the_retries(
    root: Path, tries: int, category: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    run.step("detect_format")
    run.xcoms.try_number = tries
    monkeypatch.setattr(AlignTableOperator, "step", _away)
    with pytest.raises(ConnectionLostError):
        run.step("align_table")
    if category:
        run.xcoms.values["align_table", MARKED_KEY] = True
        assert reported(run) == category
    else:
        assert run.step("move_to_error") == ""
        assert len(list((root / FULL).glob("*.csv"))) == 1


def _away(*_: Any) -> str:
    raise ConnectionLostError("away")


def test_the_error_branch_waits_for_a_load_that_is_being_cancelled(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(drop(root, "cities.csv", "code,name\n01,Graz\n"))
    for step in ("detect_format", "align_table"):
        run.step(step)
    deps = wiring.connect()
    file = wiring.file_of_run(deps.dropoff, run.context)
    monkeypatch.setattr(
        MoveToErrorOperator, "sleep", staticmethod(lambda _: cancel(deps, file, "By hand", "run", "load_rows"))
    )
    assert run.step("move_to_error") == ""
    row = deps.ledger.by_run("run")
    assert row is not None
    assert (row.status, row.error_category) == ("cancelled", "cancelled")


def test_a_task_whose_table_has_no_turn_for_it_waits_in_the_triggerer(root: Path) -> None:
    first, second = (Run(drop(root, f"cities_2024010{day}.csv", f"code\n{day}x\n"), f"run {day}") for day in (1, 2))
    first.step("detect_format")
    second.step("detect_format")
    first.step("align_table")
    with pytest.raises(TaskDeferred) as waiting:
        second.step("align_table")
    assert (waiting.value.method_name, type(waiting.value.trigger)) == ("resume", TurnTrigger)
    first.step("load_rows")
    assert second.step("align_table") == "no change"


def test_a_file_that_does_not_fit_its_table_names_the_table_that_fits(root: Path) -> None:
    for name, content in (("cities.csv", "code,name\n01,Graz\n"), ("rates.csv", "day,rate\n2024-01-01,1.5\n")):
        run = Run(drop(root, name, content), name)
        for step in list(STEPS)[:5]:
            run.step(step)
    run = Run(drop(root, "cities.csv", "day,rate\n2024-01-02,1.6\n"), "wrong")
    run.step("detect_format")
    with pytest.raises(SchemaError, match="rates"):
        run.step("align_table")


def test_the_dag_has_two_ends_and_fails_when_a_step_fails() -> None:
    dag = _dag()
    assert {task.task_id for task in dag.leaves} == {"move_to_processed", "move_to_error"}
    assert dag.get_task("move_to_error").trigger_rule == "one_failed"
    upstream = dag.get_task("move_to_error").upstream_task_ids
    assert upstream == {"detect_format", "align_table", "load_rows", "review", "publish_rows", "write_config"}
    assert dag.get_task("load_rows").upstream_task_ids == {"align_table"}


def test_files_that_were_begun_are_finished_before_others_are_begun() -> None:
    tasks = sorted(_dag().tasks, key=lambda task: task.priority_weight)
    assert {task.weight_rule for task in tasks} == {"absolute"}
    names = [task.task_id for task in tasks]
    assert names[:3] == ["detect_format", "align_table", "load_rows"]
    assert names[-3:] == ["write_config", "move_to_processed", "move_to_error"]


def test_the_last_step_follows_a_registration_that_was_left_out() -> None:
    assert _dag().get_task("move_to_processed").trigger_rule == "none_failed"


def test_permanent_errors_and_changed_files_are_not_retried() -> None:
    task = _dag().get_task("load_rows")
    policy = task.retry_policy
    assert policy is not None
    assert policy.evaluate(FormatError("x"), 1, 5).action.value == "fail"
    assert policy.evaluate(FileChangedError("x"), 1, 5).action.value == "fail"
    assert policy.evaluate(wiring_transient(), 1, 5).action.value == "default"
    assert task.retries == wiring.settings().retries


def wiring_transient() -> RefdataError:
    return ConnectionLostError("away")


def _dag() -> DAG:
    import runpy

    found = runpy.run_path(str(Path(__file__).parents[3] / "dags" / "refdata_load.py"))
    dag = found["dag"]
    assert isinstance(dag, DAG)
    return dag


OUTSIDE = (
    "../secret.csv",
    f"{FULL}/../../../secret.csv",
    f"{FULL}/..",
    "/etc/passwd",
    f"{FULL}/a\n.csv",
    f"{FULL}/\udcff.csv",
    f"{FULL}/a\0.csv",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_a_conf_written_by_hand_leads_no_further_than_one_that_the_watcher_wrote(root: Path, path: str) -> None:
    found = (root.parent / "secret.csv").resolve()
    found.write_text("a\n1\n")
    identity = identity_of(found.stat())
    run = Run(path)
    run.context["params"] |= {"identity": identity, "load_type": "fullload", "is_reference_data": True}
    for step in STEPS:
        with pytest.raises(RefdataError) as raised:
            run.step(step)
        assert raised.value.category == "dropoff", step
    assert found.read_text() == "a\n1\n"
    assert sorted(name.name for name in root.iterdir()) == ["none_reference_data_table", "reference_data_table"]


@pytest.mark.parametrize("spelled", [str, lambda identity: serial.to_json(PosixIdentity.read(identity))])
def test_the_folder_shows_how_a_file_is_loaded_whatever_the_conf_says(
    root: Path, spelled: Callable[[str], object]
) -> None:
    """Runs that an earlier release started have the identity's parts in their conf."""
    run = Run(drop(root, "cities.csv", "code\n1\n"))
    identity = spelled(identity_of((root / FULL / "cities.csv").stat()))
    run.context["params"] |= {"identity": identity, "load_type": "append", "is_reference_data": False}
    run.step("detect_format")
    (row,) = wiring.connect().ledger.page().files
    assert (row.load_type, row.is_reference_data) == ("fullload", True)


def test_a_path_outside_the_tree_is_refused(root: Path) -> None:
    (root.parent / "secret.csv").write_text("a\n1\n")
    for path in ("../secret.csv", f"{FULL}/../../../secret.csv", "/etc/passwd", ""):
        with pytest.raises(RefdataError) as raised:
            Run(path).step("detect_format")
        assert raised.value.category == "dropoff"
    assert Dropoff.of(load_settings()).scan().files == ()
