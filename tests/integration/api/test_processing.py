"""Whole loads by one call from Python: what they do, report and leave behind, with and without an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from refdata.api import Moment, ProgressEvent, ReferenceData, Step
from refdata.core.errors import CancelledError, DataError, FileChangedError, FormatError, RefdataError
from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import FULL, Site

PATH = f"{FULL}/cities.csv"
CONTENT = "code;name\n01;Graz\n02;Linz\n"
STEPS = [Step.DETECT, Step.ALIGN, Step.LOAD, Step.CONFIGURE, Step.ARCHIVE]

LoadFile = Callable[[ReferenceData, list[ProgressEvent]], Load]


def desk(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def directly(data: ReferenceData, events: list[ProgressEvent]) -> Load:
    return data.process_file(PATH, on_event=events.append)


def awaited(data: ReferenceData, events: list[ProgressEvent]) -> Load:
    return asyncio.run(data.aprocess_file(PATH, on_event=events.append))


both = pytest.mark.parametrize("load", [directly, awaited])


@both
def test_a_file_is_loaded_and_each_step_is_reported(site: Site, load: LoadFile) -> None:
    site.drop("cities.csv", CONTENT)
    events: list[ProgressEvent] = []
    row = load(desk(site), events)
    assert (row.status, row.rows_loaded, row.version_id) == (FileStatus.COMPLETED, 2, 1)
    assert sorted(site.rows("cities", "code, name")) == [("01", "Graz"), ("02", "Linz")]
    assert Path(row.file_path).is_file()
    assert [event.step for event in events if event.moment is Moment.BEGAN] == STEPS
    assert [event.step for event in events if event.moment is Moment.ENDED] == STEPS
    staged = [event for event in events if event.moment is Moment.ROWS]
    assert (staged[-1].rows, staged[-1].total) == (2, 2)


@both
def test_the_same_content_again_is_a_duplicate(site: Site, load: LoadFile) -> None:
    for _ in range(2):
        site.drop("cities.csv", CONTENT)
        row = load(desk(site), [])
    assert row.status is FileStatus.DUPLICATE


@both
def test_a_refused_file_is_in_error_and_the_reason_is_raised(site: Site, load: LoadFile) -> None:
    site.drop("cities.csv", "code;name\n01;Graz\n02;Linz;3\n03;Wels\n")
    events: list[ProgressEvent] = []
    with pytest.raises(DataError, match="1 of 3 rows"):
        load(desk(site), events)
    failed = [event for event in events if event.moment is Moment.FAILED]
    assert [event.step for event in failed] == [Step.DETECT]
    assert "1 of 3 rows" in failed[0].text
    row = desk(site).history().files[0]
    assert (row.status, row.error_category) == (FileStatus.ERROR, "data")
    assert site.error_report(row)["category"] == "data"


@both
def test_a_file_that_is_not_there_is_reported(site: Site, load: LoadFile) -> None:
    with pytest.raises(FileChangedError):
        load(desk(site), [])
    assert desk(site).history().files == ()


@pytest.mark.parametrize("step", [Step.DETECT, Step.ALIGN, Step.LOAD])
def test_a_cancelled_load_leaves_the_table_as_it_was(site: Site, step: Step) -> None:
    site.drop("cities.csv", CONTENT)
    desk(site).process_file(PATH)
    site.drop("cities.csv", "code;name\n03;Wels\n")

    async def load_and_cancel() -> None:
        def heard(event: ProgressEvent) -> None:
            if event.step is step:
                task.cancel()

        task = asyncio.create_task(desk(site).aprocess_file(PATH, on_event=heard))
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(load_and_cancel())
    row = desk(site).history().files[0]
    if row.status is FileStatus.COMPLETED:
        # The word came after the last batch: then the load comes to its good end, never to a half.
        assert step is Step.LOAD
        assert sorted(site.rows("cities", "code")) == [("03",)]
        return
    assert (row.status, row.error_category) == (FileStatus.CANCELLED, CancelledError.category)
    assert sorted(site.rows("cities", "code")) == [("01",), ("02",)]
    assert site.deps.warehouse.stages() == ()
    assert site.error_report(row)["category"] == "cancelled"


def test_a_word_during_staging_rolls_the_load_back(site: Site) -> None:
    site.drop("cities.csv", CONTENT)
    reported: list[ProgressEvent] = []
    file = site.deps.dropoff.find(PATH)
    from refdata.ingest.process import process

    def at_work() -> bool:
        return any(event.step is Step.LOAD for event in reported)

    with pytest.raises(CancelledError):
        process(site.deps, file, "cli__1", reported.append, at_work)
    row = desk(site).history().files[0]
    assert row.status is FileStatus.CANCELLED
    assert site.deps.warehouse.table(site.deps.live("cities")) is None
    assert site.deps.warehouse.stages() == ()


def test_the_event_loop_goes_on_while_a_file_is_loaded(site: Site) -> None:
    site.drop("cities.csv", "code;name\n" + "".join(f"{number:05d};x\n" for number in range(20_000)))

    async def beside() -> int:
        task = asyncio.create_task(desk(site).aprocess_file(PATH))
        beats = 0
        while not task.done():
            await asyncio.sleep(0.001)
            beats += 1
        assert (await task).rows_loaded == 20_000
        return beats

    assert asyncio.run(beside()) > 10


def test_a_format_and_the_tables_that_fit_are_reported_without_a_load(site: Site, tmp_path: Path) -> None:
    site.drop("cities.csv", CONTENT)
    desk(site).process_file(PATH)
    file = tmp_path / "elsewhere.csv"
    file.write_text("Code;Name\n07;Enns\n", encoding="utf-8")
    found = desk(site).detect_format(file)
    assert (found.delimiter, found.header) == (";", ("Code", "Name"))
    best = desk(site).analyze_schema_match(file)[0]
    assert best.table.name == "cities"
    assert len(desk(site).history().files) == 1


@pytest.mark.parametrize("method", ["detect_format", "analyze_schema_match"])
def test_a_file_of_nowhere_is_reported(site: Site, tmp_path: Path, method: str) -> None:
    with pytest.raises(FormatError, match="There is no such file"):
        getattr(desk(site), method)(tmp_path / "nothing.csv")


def test_a_story_shows_what_was_found_and_changed(site: Site) -> None:
    site.drop("cities.csv", CONTENT)
    data = desk(site)
    first = data.story(data.process_file(PATH).id)
    site.drop("cities.csv", "code;name;population\n01;Graz;300000\n")
    second = data.story(data.process_file(PATH).id)
    assert first is not None
    assert second is not None
    assert first.format is not None
    assert (first.format.delimiter, first.format.header) == (";", ("code", "name"))
    assert first.table_changes == f"create {site.database.table('cities')} with 5 columns"
    assert second.table_changes == "add population INT"
    assert first.is_configured
    assert data.story(999_999) is None


def test_figures_count_what_was_dropped_today(site: Site) -> None:
    data = desk(site)
    for content in (CONTENT, CONTENT, "code;name\n01;Graz\n02;Linz;3\n"):
        site.drop("cities.csv", content)
        try:
            data.process_file(PATH)
        except RefdataError as error:
            assert error.category == "data"
    today = data.statistics(7).days[-1]
    assert (today.files, today.loads, today.rows_loaded, today.rows_rejected) == (3, 1, 2, 1)
    assert (today.errors, today.duplicates) == (1, 1)
    assert [(one.category, one.files) for one in data.statistics(7).errors] == [("data", 1)]
    assert sum(day.files for day in data.statistics(7).days[:-1]) == 0
    with pytest.raises(ValueError, match="days must be"):
        data.statistics(0)


def test_health_is_looked_at_without_an_error(site: Site) -> None:
    site.deps.warehouse.initialise()
    states = {check.name: check.state for check in desk(site).health_check()}
    assert states["warehouse"] == "ok"
    assert {"dropoff", "processed", "error"} <= set(states)
