"""Faults of the database and of disks: what passes is waited for, what does not says what to do; no file is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from refdata.core.errors import ConnectionLostError, PermissionDeniedError, RefdataError, StorageFullError
from refdata.core.model import FileStatus, LoadType, Publication, Published, Stage, TableName
from refdata.dropoff.outage import Outages
from refdata.ingest import reconcile
from refdata.ingest.context import Deps
from refdata.warehouse.base import Warehouse
from refdata.warehouse.tsql.errors import DriverError, translate
from refdata.watching import Watch
from tests.integration.engines import MSSQL, Server
from tests.integration.relay import Relay
from tests.integration.trust.killing import APPEND, FULL, LIVE, MORE
from tests.integration.trust.rights import as_mortal
from tests.integration.trust.runs import Book, Run, go_on, work
from tests.integration.trust.site import NOW, Site, SqliteSite, TsqlSite

SECOND = 1_000_000_000
PASSING = [
    (1205, "deadlock"), (1222, "lock_timeout"), (9002, "storage_full"), (1105, "storage_full"), (1101, "storage_full"),
    (701, "throttled"), (10928, "throttled"), (40501, "throttled"), (40613, "throttled"), (10054, "connection"),
    (233, "connection"), (6005, "connection"),
]  # fmt: skip
LASTING = [
    (229, "permission", "grant scripts"), (262, "permission", "grant scripts"), (916, "permission", "grant scripts"),
    (547, "data", "constraints"), (208, "schema", "init-db"),
]  # fmt: skip


class FailingWarehouse:
    """A warehouse whose publish fails with a number of SQL Server's, as often as requested."""

    def __init__(self, inner: Warehouse, number: int, times: int) -> None:
        self._inner = inner
        self._number = number
        self._left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def publish(self, request: Publication, *more: Any) -> Published:
        if self._left:
            self._left -= 1
            raise translate(DriverError(self._number, "", "It went wrong"), "server/db")
        return self._inner.publish(request, *more)


def failing(deps: Deps, number: int, times: int) -> Deps:
    warehouse: Any = FailingWarehouse(deps.warehouse, number, times)
    return dataclasses.replace(deps, warehouse=warehouse)


def made(site: Site, *drops: tuple[str, str, str]) -> Deps:
    site.make()
    for number, (name, content, folder) in enumerate(drops):
        site.drop(name, content, folder=folder, order=number)
    return site.connect()


def statuses(deps: Deps) -> list[str]:
    return [row.status.value for row in deps.ledger.page(limit=500).files]


def waiting(site: Site) -> list[str]:
    return sorted(path.name for path in Path(site.settings.dropoff_root).glob("*_table/*/*.csv"))


@pytest.mark.parametrize(("number", "category"), PASSING)
def test_a_fault_that_passes_is_waited_for(memory: Path, number: int, category: str) -> None:
    site = SqliteSite(memory)
    deps = made(site, ("cities.csv", LIVE, FULL))
    book = Book()
    work(failing(deps, number, times=3), book)
    *failed, last = [run.failure for run in book.runs.values()]
    assert [one and (one.category, one.transient) for one in failed] == [(category, True)] * 3
    assert last is None
    assert statuses(deps) == ["completed"]
    assert deps.warehouse.stages() == ()
    news = [Outages(site.home).is_news(one.category, "cities.csv", "", NOW) for one in failed if one]
    assert news == [True, False, False]


@pytest.mark.parametrize(("number", "category", "advice"), LASTING)
def test_a_fault_that_lasts_says_what_to_do(memory: Path, number: int, category: str, advice: str) -> None:
    site = SqliteSite(memory)
    deps = made(site, ("cities.csv", LIVE, FULL))
    work(failing(deps, number, times=1), Book())
    (row,) = deps.ledger.page().files
    assert (row.status, row.error_category) == (FileStatus.ERROR, category)
    assert str(number) in (row.error_message or "")
    assert advice in (row.error_message or "")
    assert Path(row.file_path).read_text() == LIVE


@pytest.mark.parametrize("engine", [MSSQL])
def test_while_the_server_is_away_files_stay_and_the_watcher_goes_on_then_all_is_loaded_once(
    engine: str,
    memory: Path,
) -> None:
    server = Server.named()
    relay = Relay(server.host, server.port)
    site = TsqlSite(memory, port=relay.port, connect_timeout=1, pool_size=2)
    try:
        deps = made(site, ("a_2024.csv", LIVE, APPEND), ("b_2024.csv", LIVE, FULL))
        relay.cut(refuse=True)
        alerts, watch = 0, Watch(site.settings, "watch")
        for _ in range(2):
            for file in deps.dropoff.scan().files:
                run = Run(f"{file.path} {file.arrived_ns}", file)
                with contextlib.suppress(RefdataError):
                    go_on(deps, Book.of(run), run)
                assert run.failure is not None
                assert (run.failure.category, deps.dropoff.is_there(file)) == ("connection", False), "handed back"
                alerts += Outages(site.home).is_news(run.failure.category, file.path, run.failure.text, NOW)
        site.drop("a_2025.csv", MORE, folder=APPEND, order=9)
        released: set[str] = set()
        for check in range(7):
            moment = (check + 1) * 15 * SECOND
            released |= {file.name for file in watch.look(itertools.repeat(moment).__next__)}
        assert (alerts, waiting(site)) == (1, ["a_2024.csv", "a_2025.csv", "b_2024.csv"])
        assert released == {"a_2024.csv", "a_2025.csv", "b_2024.csv"}

        relay.restore()
        work(deps, Book())
        assert statuses(deps) == ["completed"] * 3
        assert waiting(site) == []
        summaries = {one.table_name: one.rows_live for one in deps.ledger.tables()}
        assert summaries == {"a": 5, "b": 3}
        assert len(Outages(site.home).over("a_2024.csv", NOW, loaded=True)) == 1
    finally:
        relay.restore()
        site.close()
        relay.close()


@contextlib.contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """A filesystem of that size on a folder; the folder's content is hidden meanwhile."""
    place.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("this user may mount nothing")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def grow(place: Path, size: str) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


BIG = "code,name,day\n" + "".join(f"{number + 1_000_000},{number * 7919:060},2024-01-31\n" for number in range(40_000))


def test_a_database_disk_that_is_full_is_waited_for(memory: Path) -> None:
    site = SqliteSite(memory)
    site.make()
    place = site.home / "warehouse"
    with small_disk(place, "600k"):
        site.drop("cities.csv", LIVE, folder=FULL)
        deps = site.connect()
        work(deps, Book())
        site.drop("cities.csv", BIG, folder=FULL, order=1)
        for file in deps.dropoff.scan().files:
            run = Run("full", file)
            go_on(deps, Book.of(run), run)
        assert run.failure is not None
        assert (run.failure.category, bool(run.failure.advice)) == (StorageFullError.category, True), run.failure
        assert waiting(site) == ["cities.csv"]
        assert {one.table_name: one.rows_live for one in deps.ledger.tables()} == {"cities": 3}
        grow(place, "200m")
        work(deps, Book())
        assert statuses(deps) == ["completed", "completed"]
        assert {one.table_name: one.rows_live for one in deps.ledger.tables()} == {"cities": 40_000}
        assert deps.warehouse.stages() == ()


def test_an_archive_disk_that_is_full_loses_nothing_and_the_doctor_goes_on(memory: Path) -> None:
    place = memory / "archive"
    site = SqliteSite(memory, processed_root=str(place / "processed"))
    site.make()
    with small_disk(place, "1m"):
        site.drop("cities.csv", BIG, folder=FULL)
        deps = site.connect()
        work(deps, book := Book())
        (run,) = book.runs.values()
        assert run.failure is not None
        assert (run.failure.task, run.failure.category) == ("move_to_processed", StorageFullError.category)
        assert (statuses(deps), waiting(site)) == (["loaded"], ["cities.csv"])
        assert [path for path in place.rglob("*") if path.is_file() and not path.name.startswith(".")] == []
        grow(place, "50m")
        reconcile.repair(reconcile.find_defects(dataclasses.replace(deps, clock=lambda: NOW + timedelta(days=2))))
        (row,) = deps.ledger.page().files
        assert (row.status, waiting(site)) == (FileStatus.COMPLETED, [])
        assert Path(row.file_path).read_text() == BIG
        assert [path.name for path in place.rglob(".*")] == []


def test_a_disk_too_full_for_the_list_of_damaged_rows_is_waited_for(memory: Path) -> None:
    place = memory / "archive"
    site = SqliteSite(memory, error_root=str(place / "error"), max_rejected_rows=5_000)
    site.make()
    good = "".join(f"c{number},Enns,2024-05-31\n" for number in range(6_000))
    damaged = "".join(f"{number},{'x' * 90}\n" for number in range(5_000))
    with small_disk(place, "64k"):
        site.drop("cities.csv", LIVE + good + damaged, folder=FULL)
        deps = site.connect()
        for file in deps.dropoff.scan().files:
            run = Run("full", file)
            go_on(deps, Book.of(run), run)
        assert run.failure is not None
        assert (run.failure.task, run.failure.category) == ("detect_format", StorageFullError.category)
        assert waiting(site) == ["cities.csv"]
        grow(place, "5m")
        work(deps, Book())
        assert statuses(deps) == ["completed"]
        assert [path.name.rpartition("_")[2] for path in place.rglob("*.csv")] == []
        (rejects,) = (Path(site.settings.dropoff_root) / FULL / "processed").glob("*.rejects.csv")
        assert len(rejects.read_text().splitlines()) == 5_001


def test_a_disk_too_full_for_the_folder_of_refused_files_is_waited_for(memory: Path) -> None:
    place = memory / "archive"
    site = SqliteSite(memory, error_root=str(place / "error"))
    site.make()
    with small_disk(place, "1m,nr_inodes=1"):
        site.drop("cities.csv", LIVE, folder=FULL)
        deps = site.connect()
        for file in deps.dropoff.scan().files:
            run = Run("full", file)
            go_on(deps, Book.of(run), run)
        assert run.failure is not None
        assert (run.failure.task, run.failure.category) == ("detect_format", StorageFullError.category)
        grow(place, "1m,nr_inodes=100")
        work(deps, Book())
        assert statuses(deps) == ["completed"]


STAGE = Stage(TableName("ref", "cities"), 1, 1)
PUBLICATION = Publication(STAGE, LoadType.FULL, ("code",), 0, 0, "bulk", NOW)


def fill_folder(place: Path) -> None:
    with contextlib.suppress(OSError):
        for number in itertools.count():
            (place / f"full{number}").touch()


def test_a_disk_too_full_for_a_stage_is_reported_as_that(memory: Path) -> None:
    site = SqliteSite(memory)
    site.make()
    place = site.home / "warehouse"
    with small_disk(place, "5m,nr_inodes=20"):
        warehouse = site.connect().warehouse
        warehouse.initialise()
        fill_folder(place)
        with pytest.raises(StorageFullError):
            warehouse.stage(STAGE, [], [], lambda _: None)


@pytest.mark.parametrize(
    ("closed", "mode", "use", "error"),
    [
        ("refdata.stage", 0o555, lambda warehouse: warehouse.drop_stage(STAGE), PermissionDeniedError),
        (".", 0o555, lambda warehouse: warehouse.stage(STAGE, [], [], print), PermissionDeniedError),
        ("refdata.stage/stage_1_1.db", 0o000, lambda warehouse: warehouse.publish(PUBLICATION), ConnectionLostError),
    ],
)
def test_files_of_a_stage_that_may_not_be_used_are_reported_as_that(
    memory: Path, closed: str, mode: int, use: Callable[[Warehouse], object], error: type[RefdataError]
) -> None:
    site = SqliteSite(memory)
    site.make()
    warehouse = site.connect().warehouse
    warehouse.initialise()
    place = site.home / "warehouse"
    if closed != ".":
        (place / "refdata.stage").mkdir()
        (place / "refdata.stage" / "stage_1_1.db").touch()
    (place / closed).chmod(mode)
    with as_mortal(), pytest.raises(error):
        use(warehouse)
    (place / closed).chmod(0o755)
