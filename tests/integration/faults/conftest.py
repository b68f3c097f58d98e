"""The sites of these tests are those of the loads, on each kind of engine once: a fault is not one of a driver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from refdata.core.model import FileStatus, Load
from refdata.core.questions import Question
from refdata.ingest.asking import open_questions
from tests.integration.engines import MSSQL, SQLITE
from tests.integration.ingest.conftest import FULL, Site, make_site, open_site, site

__all__ = ["engine", "make_site", "site"]


@pytest.fixture(params=(SQLITE, MSSQL))
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name."""
    name: str = request.param
    return name


def require_held_until_answered(site: Site, first: str, later: str, folder: str, name: str) -> list[tuple[Any, ...]]:
    """The later file changes nothing until question ``name`` has the answer ``load``; returns the rows of before."""
    site.load(site.drop("t.csv", first, folder=folder))
    before = site.rows("t")
    held = site.load(site.drop("t.csv", later, folder=folder), "run 2")
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held"), held.warnings
    assert name in (held.error_message or "")
    assert site.rows("t") == before

    row = site.load(site.drop("t.csv", later, folder=folder), "run 2", {name: "load"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    return before


@dataclass
class Desk:
    """One table of a site that the tests of a module share: files are dropped for it in turn."""

    site: Site
    table: str
    runs: Iterator[int] = field(default_factory=count)

    def drop(
        self, content: str | bytes, *, folder: str = FULL, answers: dict[str, str] | None = None, keep: bool = False
    ) -> Load:
        file = self.site.drop(f"{self.table}.csv", content, folder=folder)
        return self.site.load(file, f"{self.table} {next(self.runs)}", answers, keep=keep)

    def loaded(self, content: str | bytes, **how: Any) -> Load:
        row = self.drop(content, **how)
        assert row.status is FileStatus.COMPLETED, row.error_message
        return row

    def held(self, content: str | bytes, question: str, **how: Any) -> None:
        """The file changes nothing, because a person is asked."""
        before = self.site.rows(self.table)
        row = self.drop(content, **how)
        assert (row.status, row.error_category) == (FileStatus.PENDING, "held"), row
        assert question in (row.error_message or ""), row.error_message
        assert self.site.rows(self.table) == before

    def questions(self, row: Load) -> list[Question]:
        """The questions that the load waits for."""
        return [one.question for one in open_questions(self.site.deps, row)]

    def columns(self) -> dict[str, str]:
        return {name: kind for name, kind in self.site.columns(self.table).items() if not name.startswith("ref_data_")}

    def values(self) -> list[tuple[str | None, ...]]:
        """The rows without refdata's own columns, as text and sorted."""
        rows = self.site.rows(self.table, ", ".join(f"[{name}]" for name in self.columns()))
        return sorted((tuple(None if one is None else str(one) for one in row) for row in rows), key=repr)


@pytest.fixture(scope="module", params=(SQLITE, MSSQL))
def shared_site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        made = open_site(request.param, tmp_path_factory.mktemp("shared"), monkeypatch)
        yield made
        made.database.clear()


_tables = count()


@pytest.fixture
def desk(shared_site: Site) -> Desk:
    """A table that no other test uses. Its name is too short to look like another one's."""
    return Desk(shared_site, f"t{next(_tables)}")
