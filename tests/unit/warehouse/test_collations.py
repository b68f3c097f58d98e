"""Names and texts under collations that Babelfish does not have for a database: what is asked, planned and refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from refdata.config import utc_now
from refdata.contracts.files import table_rules
from refdata.core.alignment import align
from refdata.core.collations import Collation
from refdata.core.contract import Contract
from refdata.core.diffplan import DiffPlan
from refdata.core.errors import SchemaError
from refdata.core.filemodel import ScannedColumn
from refdata.core.keyindex import collation_problem, repeated_keys
from refdata.core.model import Column, NativeType, Table, TableName
from refdata.core.settings import Settings
from refdata.core.sqltypes import SqlType, TypeKind, text
from refdata.core.tablediff import Pair, Rows
from refdata.ingest.context import Deps
from refdata.ingest.planning import plan_for
from refdata.warehouse.tsql.capabilities import TsqlCapabilities
from refdata.warehouse.tsql.engine import TsqlWarehouse
from refdata.warehouse.tsql.equalnames import require_same
from refdata.warehouse.tsql.pool import close_pools
from tests.unit.warehouse.scripted import Answer, ScriptedServer

ROOT = Path(__file__).parents[3]
NAME = TableName("ref", "t")


@pytest.fixture(autouse=True)
def _no_pools() -> Iterator[None]:
    yield
    close_pools()


def engine(*answers: Answer) -> tuple[TsqlWarehouse, ScriptedServer]:
    server = ScriptedServer(list(answers))
    return TsqlWarehouse("mssql", server, Settings(), [], key=str(id(server))), server


def scanned(name: str, width: int = 5, *, ascii_only: bool = True) -> ScannedColumn:
    return ScannedColumn(name, name, text(width), width, ascii=ascii_only)


IGNORED = [
    ("SQL_Latin1_General_CP1_CI_AS", "case, kana, width and trailing blanks"),
    ("Latin1_General_100_CI_AI_SC_UTF8", "case, accents, kana, width and trailing blanks"),
    ("Latin1_General_CS_AS", "kana, width and trailing blanks"),
    ("Japanese_XJIS_140_CI_AS_KS_WS", "case and trailing blanks"),
    ("Japanese_CI_AI", "case, accents, kana, width and trailing blanks"),
    ("Turkish_100_CI_AS", "case, kana, width and trailing blanks; its capital of i is İ, that of ı is I"),
    ("Latin1_General_BIN2", "trailing blanks"),
    ("Latin1_General_100_BIN2_UTF8", "trailing blanks"),
]


@pytest.mark.parametrize(("name", "words"), IGNORED)
def test_a_missing_key_index_is_explained_by_the_collation(name: str, words: str) -> None:
    assert collation_problem(2, Collation(name)).endswith(f"does not ({name}, which ignores {words})")


EQUAL: list[tuple[tuple[str, ...], list[tuple[Any, ...]], tuple[tuple[str, str], ...]]] = [
    # names, the server's answer, pairs
    (("resume", "resumé", "n"), [(0, 1)], (("resume", "resumé"),)),
    (("か", "カ"), [(0, 1)], (("か", "カ"),)),
    (("straße", "strasse", "größe"), [], ()),
]


@pytest.mark.parametrize(("names", "answer", "pairs"), EQUAL)
def test_the_database_says_which_names_it_takes_for_one(
    names: tuple[str, ...], answer: list[tuple[Any, ...]], pairs: tuple[tuple[str, str], ...]
) -> None:
    made, _ = engine(Answer("CATALOG_DEFAULT", rows=answer))
    assert made.equal_names(names) == pairs


def test_names_in_ascii_need_no_question() -> None:
    made, server = engine()
    assert made.equal_names(("code", "Code", "name")) == ()
    assert not server.sent


def test_a_file_with_columns_that_are_one_to_the_database_is_refused_before_any_change() -> None:
    collation = Answer("N'Collation'", rows=[("Latin1_General_CI_AI",)])
    made, server = engine(Answer("sys.all_columns", rows=[]), Answer("CATALOG_DEFAULT", rows=[(0, 1)]), collation)
    settings = Settings()
    nothing = cast("Any", None)
    deps = Deps(settings, made, nothing, utc_now, lambda table: table_rules(settings, table), nothing)
    with pytest.raises(SchemaError, match=r"resume and resumé.*Latin1_General_CI_AI, which ignores case, accents"):
        plan_for(deps, "t", (scanned("resume"), scanned("resumé")), Contract(table="t"), None)
    assert not [sql for sql in server.statements() if "CREATE" in sql or "ALTER" in sql]


TABLES = [("resumé", "resume"), ("か", "カ"), ("aerzte", "ærzte")]


@pytest.mark.parametrize(("wanted", "stored"), TABLES)
def test_two_tables_that_are_one_to_the_database_are_not_mixed(wanted: str, stored: str) -> None:
    with pytest.raises(SchemaError, match=f"does not distinguish table ref.{wanted} from ref.{stored}"):
        require_same(TableName("ref", wanted), stored)


@pytest.mark.parametrize("stored", ["Cities", "CITIES", "cities"])
def test_a_table_may_be_spelled_in_another_case(stored: str) -> None:
    require_same(TableName("ref", "cities"), stored)


def test_columns_that_differ_only_in_case_are_not_guessed() -> None:
    live = Table(NAME, (Column("Code", text(5)), Column("code", text(5))))
    with pytest.raises(SchemaError, match="columns Code and code"):
        align(NAME, live, (scanned("code"),))


FITS = [
    # bytes of VARCHAR, UTF-8, characters, only ASCII, whether the column stays
    (30, True, 10, False, True),
    (29, True, 10, False, False),
    (10, True, 10, True, True),
    (30, False, 10, False, False),
    (None, True, 4000, False, True),
]


@pytest.mark.parametrize(("size", "utf8", "width", "ascii_only", "stays"), FITS)
def test_a_varchar_column_stays_where_its_bytes_suffice(
    size: int | None, *, utf8: bool, width: int, ascii_only: bool, stays: bool
) -> None:
    holds = SqlType(TypeKind.NVARCHAR, length=size)
    native = NativeType(f"varchar({size or 'max'})", holds, single_byte=True, utf8=utf8)
    live = Table(NAME, (Column("c", native.holds, native=native),))
    plan = align(NAME, live, (scanned("c", width, ascii_only=ascii_only),))
    assert (not plan.widen) == stays


VARCHAR = Column("code", text(10), native=NativeType("varchar(10)", text(10), single_byte=True))


def test_varchar_is_compared_as_unicode_because_a_collation_would_convert_its_code_page() -> None:
    rows = Rows("[ref].[t]", (VARCHAR,))
    plan = DiffPlan(TsqlCapabilities(), rows, rows, (Pair("code", VARCHAR, VARCHAR),), 5, ("code",))
    repeated = repeated_keys(TsqlCapabilities(), rows, (VARCHAR,), exactly=True)
    for sql in (*(one.sql for one in plan.copy()), repeated.sql):
        assert "[code] COLLATE" not in sql
        assert "[code]" not in sql or "CAST([code] AS NVARCHAR(10))" in sql


_WORD = re.compile(r"N?'(?:[^']|'')*'|--[^\n]*|\[[^\]]*\]|[@#A-Za-z_][\w@#$]*")
_BUILT_IN = frozenset(("object_id", "rows", "schema_id", "@resource"))
"""A function's or a clause's words in capitals and a column's in the catalog; a parameter of sp_getapplock."""


def test_each_name_has_one_spelling_for_servers_that_distinguish_case() -> None:
    spellings: defaultdict[str, set[str]] = defaultdict(set)
    for path in (*(ROOT / "include" / "sql").glob("[mc]*/*.sql"), ROOT / "docs" / "verify-on-sql-server.sql"):
        for word in _WORD.findall(path.read_text(encoding="utf-8")):
            if word[0] not in "'-" and not word.startswith("N'"):
                spellings[word.strip("[]").lower()].add(word.strip("[]"))
    assert len(spellings) > 300
    assert [found for word, found in spellings.items() if len(found) > 1 and word not in _BUILT_IN] == []
