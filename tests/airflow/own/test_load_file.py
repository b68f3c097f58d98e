"""``LoadFileOperator`` with a task instance in memory: kills, retries, cleared tasks, misuse."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowRescheduleException, TaskDeferred
from airflow.sdk.execution_time.context import OutletEventAccessors

from refdata import wiring
from refdata.api import ReferenceData
from refdata.config import load_settings
from refdata.core.errors import ConfigurationError, DataError, FileBusyError, FormatError, RefdataError
from refdata.core.model import FileStatus
from refdata.core.steps import Step, pipeline
from refdata.dropoff import Dropoff
from refdata.ingest import process as steps
from refdata.ingest.reconcile import DefectKind, find_defects, repair
from refdata.operators.load_file import LoadFileOperator
from tests.embedded import deploy_in

CITIES = "code,name\n01,Graz\n02,Linz\n"
_OF_COUNTRIES = "code,name,size,country\n01,Graz,3,AT\n02,Linz,2,AT\n"

_PLACES = {"copy": "deliver", "look": "find", "end": "clear"}
"""Moments outside the steps, and the methods that make them."""


class Killed(BaseException):
    """Ends the process as far as the code can see."""


class Task:
    """One task of somebody's DAG; each ``run`` is an attempt at it."""

    def __init__(self, **arguments: Any) -> None:
        self.arguments = arguments
        self.ti = SimpleNamespace(
            dag_id="own", task_id="load", run_id="run", map_index=-1, try_number=1, max_tries=5,
            xcom_push=lambda **_: None,
        )  # fmt: skip

    def run(self) -> Any:
        operator = LoadFileOperator(task_id="load", **self.arguments)
        events = OutletEventAccessors()
        context: Any = {"ti": self.ti, "run_id": "run", "task": operator, "outlet_events": events}
        return operator.perform(context)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    dropoff = deploy_in(tmp_path, monkeypatch)
    yield dropoff
    load_settings.cache_clear()


@pytest.fixture
def cities(root: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cities.csv"
    path.write_text(CITIES)
    return path


def rows(table: str = "cities") -> int:
    return len(ReferenceData.connect().read_table(table))


def loads() -> list[tuple[str, FileStatus]]:
    return [(row.table_name, row.status) for row in ReferenceData.connect().history(descending=False).files]


def test_a_cleared_task_loads_nothing_again_unless_its_file_has_changed(cities: Path) -> None:
    task = Task(path=str(cities), load_type="append")
    first = task.run()
    assert (first["table"], first["rows"], first["status"]) == ("cities", 2, "completed")
    assert task.run() == first
    assert (rows(), len(loads())) == (2, 1)
    cities.write_text("code,name\n03,Wels\n")
    assert task.run()["rows"] == 1
    assert (rows(), len(loads())) == (3, 2)


@pytest.mark.parametrize("killed_in", [*pipeline(asking=False), *_PLACES])
def test_a_killed_attempt_is_continued_and_nothing_is_loaded_twice(
    cities: Path, root: Path, killed_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step is killed before it and after it, the copy while it is written and after it has its name."""
    task = Task(path=str(cities), load_type="append")
    for after in (False, True):
        with monkeypatch.context() as patched, pytest.raises(Killed):
            _kill(patched, killed_in, after=after)
            task.run()
    assert task.run()["rows"] == 2
    assert (rows(), loads()) == (2, [("cities", FileStatus.COMPLETED)])
    assert not any((root / ".refdata-tasks").iterdir())
    assert find_defects(wiring.connect()) == ()


def _kill(patched: pytest.MonkeyPatch, where: str, *, after: bool) -> None:
    def dying(real: Any) -> Any:
        def run(*arguments: Any, **options: Any) -> Any:
            if after:
                real(*arguments, **options)
            raise Killed

        return run

    if where in _PLACES:
        patched.setattr(Dropoff, _PLACES[where], dying(getattr(Dropoff, _PLACES[where])))
    else:
        step = Step(where)
        patched.setattr(steps, "_CALLS", {**steps._CALLS, step: dying(steps._CALLS[step])})


def test_two_attempts_at_once_load_the_file_once(cities: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second attempt loads and archives its copy while the first is still writing its own."""
    task, real = Task(path=str(cities), load_type="append"), Dropoff.deliver

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(Dropoff, "deliver", real)
        Task(path=str(cities), load_type="append").run()
        real(*arguments)

    monkeypatch.setattr(Dropoff, "deliver", overtaken)
    assert task.run()["rows"] == 2
    assert (rows(), len(loads())) == (2, 1)


def test_a_refused_copy_goes_to_error_and_a_corrected_file_is_loaded_when_the_task_is_cleared(
    cities: Path, root: Path
) -> None:
    cities.write_text('code,name\n01,"Graz\n')
    task = Task(path=str(cities))
    with pytest.raises(FormatError):
        task.run()
    (refused,) = (root / "reference_data_table/fullload/error").glob("*.csv")
    assert (refused.read_text(), cities.exists()) == ('code,name\n01,"Graz\n', True)
    cities.write_text(CITIES)
    assert task.run()["rows"] == 2


def test_a_copy_whose_last_attempt_failed_keeps_no_later_file_waiting(
    cities: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(path=str(cities))
    task.ti.try_number = 6

    def fail(*_: Any) -> None:
        raise FileBusyError("The storage failed", where="here", advice="Nothing.")

    with monkeypatch.context() as patched, pytest.raises(FileBusyError):
        patched.setattr(steps, "align_table", fail)
        task.run()
    assert loads() == [("cities", FileStatus.ERROR)]
    assert not any((root / ".refdata-tasks").iterdir())
    assert task.run()["rows"] == 2


def test_the_doctor_refuses_the_copy_of_a_task_that_never_came_back(
    cities: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__STALE_AFTER", "5")
    load_settings.cache_clear()
    task = Task(path=str(cities))
    with monkeypatch.context() as patched, pytest.raises(Killed):
        _kill(patched, Step.LOAD, after=False)
        task.run()
    deps = wiring.connect()
    later = deps.clock().replace(year=deps.clock().year + 1)
    defects = find_defects(dataclasses.replace(deps, clock=lambda: later))
    assert [defect.kind for defect in defects] == [DefectKind.STALE_TURN]
    assert [left for _, left in repair(defects)] == [""]
    assert [status for _, status in loads()] == [FileStatus.CANCELLED]
    assert task.run()["rows"] == 2


@pytest.mark.parametrize(("deferrable", "waiting"), [(False, AirflowRescheduleException), (True, TaskDeferred)])
def test_a_task_waits_for_an_older_load_of_its_table_without_a_worker(
    cities: Path, root: Path, deferrable: bool, waiting: type[BaseException]
) -> None:
    older = root / "reference_data_table/fullload/cities.csv"
    older.write_text("code,name\n09,Ulm\n")
    os.utime(older, (1, 1))
    task = Task(path=str(cities), deferrable=deferrable)
    with pytest.raises(waiting):
        task.run()
    older.unlink()
    assert task.run()["rows"] == 2


def test_contract_and_table_come_from_the_task(cities: Path, tmp_path: Path) -> None:
    contract = tmp_path / "towns.yaml"
    contract.write_text(
        "schema:\n  fields:\n  - name: code\n    type: string\n  - name: name\n    type: string\n  primaryKey: [code]\n"
    )
    cities.write_text(f"{CITIES}02,Wels\n")
    with pytest.raises(DataError, match="rules of towns"):
        Task(path=str(cities), table="Towns", contract=str(contract)).run()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"path": "in/cities.csv"}, "absolute"),
        ({"load_type": "full"}, r"no load type 'full'.*load_type of task load.*fullload"),
        ({"conn_id": "nowhere"}, "Airflow connection nowhere does not exist"),
        ({"contract": "/nowhere/cities.yaml"}, "no such contract"),
        ({"contract": __file__, "table": "cities"}, "contract is that of table test_load_file"),
        ({"table": "sp_x"}, "No file can be loaded into a table called 'sp_x'"),
        ({"path": "/nowhere/cities.csv"}, "no such file.*one of Airflow's sensors wait"),
        ({"path": "/proc"}, "not a file"),
    ],
)
def test_misuse_is_explained(cities: Path, arguments: dict[str, Any], what: str) -> None:
    with pytest.raises(RefdataError, match=what):
        Task(**{"path": str(cities), **arguments}).run()


def test_a_file_below_the_dropoff_root_is_left_to_the_watcher(root: Path) -> None:
    path = root / "reference_data_table/fullload/cities.csv"
    path.write_text(CITIES)
    with pytest.raises(ConfigurationError, match="refdata_watch loads"):
        Task(path=str(path)).run()
    assert path.exists()


def test_an_object_is_loaded_and_stays_in_its_store(root: Path) -> None:
    store = fsspec.filesystem("memory")
    store.pipe_file("/landing/in/cities.csv", CITIES.encode())
    try:
        task = Task(path="memory://landing/in/cities.csv", load_type="append")
        assert (task.run()["rows"], task.run()["rows"], rows()) == (2, 2, 2)
        assert store.cat_file("/landing/in/cities.csv").decode() == CITIES
    finally:
        store.store.clear()


def test_a_question_names_the_argument_that_answers_it(cities: Path) -> None:
    cities.write_text(_OF_COUNTRIES)
    task = Task(path=str(cities))
    task.run()
    cities.write_text(_OF_COUNTRIES.replace(",AT", "").replace(",country", ""))
    with pytest.raises(ConfigurationError, match=r'answers=\{"column_missing:country": "empty"\}'):
        task.run()
    assert Task(path=str(cities), answers={"column_missing:country": "empty"}).run()["rows"] == 2


def test_the_retries_of_the_dag_count_and_else_those_of_the_settings(cities: Path) -> None:
    with DAG("with_retries", schedule=None, default_args={"retries": 1}):
        assert LoadFileOperator(task_id="load", path=str(cities)).retries == 1
        assert LoadFileOperator(task_id="other", path=str(cities), retries=2).retries == 2
    with DAG("without", schedule=None):
        assert LoadFileOperator(task_id="load", path=str(cities)).retries == wiring.settings().retries
