"""Where stage tables are created, found and swept, and when statistics follow; a script takes the server's place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from refdata.core import sqltypes
from refdata.core.changeshare import changed_share
from refdata.core.model import Column, LoadType, Published, RowCounts
from refdata.core.publishing import qualified
from tests.unit.warehouse.scripted import Answer, ServerError
from tests.unit.warehouse.test_tsql_engine import PUBLICATION, STAGE, T, batch, engine, live, publishing, row

USABLE = Answer("is_usable", rows=[(1,)])
OWN, BESIDE = "[ref_stage].[t_stage_7_1]", "[ref].[t_stage_7_1]"


@pytest.mark.parametrize(
    ("usable", "place"),
    [(1, OWN), (0, BESIDE), (None, BESIDE)],
    ids=["usable", "no right", "earlier release"],
)
def test_a_stage_is_created_in_its_own_schema_where_the_login_may(usable: int | None, place: str) -> None:
    made, server = engine(Answer("is_usable", rows=[(usable,)]), Answer("^INSERT", count=2))
    made.stage(STAGE, (Column("a", sqltypes.INT),), [batch()], lambda _: None)
    written = [sql for sql in server.statements() if sql.startswith(("CREATE TABLE", "INSERT"))]
    assert all(f" {place} (" in sql for sql in written)


def test_the_schema_of_stages_can_be_chosen() -> None:
    made, server = engine(USABLE, Answer("^INSERT", count=2), stage_schema="work")
    made.stage(STAGE, (Column("a", sqltypes.INT),), [batch()], lambda _: None)
    assert any(sql.startswith("CREATE TABLE [work].[t_stage_7_1]") for sql in server.statements())


@pytest.mark.parametrize(("is_there", "place"), [(1, OWN), (0, BESIDE)], ids=["own schema", "earlier release"])
def test_a_stage_is_found_where_it_is(is_there: int, place: str) -> None:
    made, _ = engine(Answer("is_there", rows=[(is_there,)], values=(OWN,)), live(row("a")))
    with made.reading_stage(STAGE) as (_, name):
        assert name == place
    with made.changing_stage(STAGE) as (_, name):
        assert name == place
    staged = made.staged(STAGE)
    assert staged is not None
    assert qualified(staged.name) == place


def test_stages_of_both_schemas_are_swept() -> None:
    made, server = engine(
        Answer("ORDER BY t.name", rows=[("t_stage_8_1",)], values=("ref_stage",)),
        Answer("ORDER BY t.name", rows=[("t_stage_7_1",), ("t",)], values=("ref",)),
    )
    assert [stage.load_id for stage in made.stages()] == [8, 7]
    made.drop_stage(STAGE)
    assert [sql for sql in server.statements() if "DROP" in sql] == [
        f"DROP TABLE IF EXISTS {one}" for one in (OWN, BESIDE)
    ]


def test_an_upgrade_goes_on_without_the_right_to_create_the_schema() -> None:
    version = Answer("MAX.version", rows=[(0,)])
    made, server = engine(Answer("CREATE SCHEMA .ref_stage", error=ServerError(262)), version)
    made.initialise()
    assert any("CREATE SCHEMA [ref]" in sql for sql in server.statements())
    assert any("sp_refdata_report_files" in sql for sql in server.statements()), "what follows is still created"


SHARES: list[tuple[LoadType, RowCounts | None, int, float]] = [
    (LoadType.FULL, None, 100, 1.0),
    (LoadType.APPEND, None, 100, 0.1),
    (LoadType.APPEND, None, 0, 1.0),
    (LoadType.FULL, RowCounts(1, 2, 7, 3), 10, 0.6),
    (LoadType.FULL, RowCounts(0, 0, 10, 90), 10, 1.0),
    (LoadType.FULL, RowCounts(0, 0, 10), 10, 0.0),
]


@pytest.mark.parametrize(("kind", "counts", "rows", "share"), SHARES)
def test_the_share_of_rows_that_a_publish_changed(
    kind: LoadType, counts: RowCounts | None, rows: int, share: float
) -> None:
    assert changed_share(replace(PUBLICATION, load_type=kind), Published(10, 1, counts), rows) == share


@pytest.mark.parametrize(
    ("share", "rows", "edition", "updated"),
    [
        (0.2, 2, (2, 0), True),
        (0.2, 100, (2, 0), False),
        (1.0, 2, (2, 0), False),
        (0.2, 2, (2, 1), False),
    ],
    ids=["many", "few", "never", "Babelfish"],
)
def test_statistics_follow_a_publish_that_changed_much(
    share: float, rows: int, edition: tuple[int, int], updated: bool
) -> None:
    made, server = publishing(
        live(row("a")),
        Answer("row_count", rows=[(rows,)]),
        Answer("EngineEdition", rows=[edition]),
        statistics_share=share,
    )
    made.publish(PUBLICATION)
    sent = server.statements()
    assert ("UPDATE STATISTICS [ref].[t]" in sent) == updated
    if updated:
        loaded = next(number for number, sql in enumerate(sent) if "SET status = 'loaded'" in sql)
        assert "COMMIT TRANSACTION" in sent[loaded : sent.index("UPDATE STATISTICS [ref].[t]")]


def test_a_publish_stands_when_the_statistics_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    refused = Answer("UPDATE STATISTICS", error=ServerError(229, "denied"))
    made, _ = publishing(refused, live(row("a")), Answer("row_count", rows=[(1,)]), statistics_share=0.2)
    assert made.publish(PUBLICATION).version == 5
    assert f"The statistics of {T} were not updated" in caplog.text
