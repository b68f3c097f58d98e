"""Old archives at the root: each file moves to its load folder, its ledger row with it, whatever interrupts."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from refdata.audit import AuditTrail
from refdata.dropoff import Dropoff, Malformed
from refdata.dropoff.osfiles import rename_exclusive
from refdata.ingest import relocate
from refdata.ledgerreport import LedgerReport

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

FULL, OTHER = "reference_data_table/fullload", "none_reference_data_table/append"
GOOD, BAD = "code,name\n01,Graz\n", "code,name\n01\n02,Linz\n"


def upgraded(make_site: Callable[..., Site]) -> Site:
    """A deployment that archived at the root, by the release of today."""
    site = make_site(processed_root="processed", error_root="error", max_rejected_rows=0)
    site.load(site.drop("cities.csv", GOOD), "1")
    site.load(site.drop("towns.csv", BAD, folder=OTHER), "2")
    site.deps.dropoff.report_malformed(Malformed(f"{FULL}/link.csv", "it is a symbolic link", 0))
    site.deps.dropoff.report_malformed(Malformed("stray.csv", "it is outside the load folders", 0))
    settings = site.deps.settings
    object.__setattr__(settings, "processed_root", "")
    object.__setattr__(settings, "error_root", "")
    object.__setattr__(site.deps, "dropoff", Dropoff.of(settings))
    return site


def tree(site: Site) -> set[str]:
    root = site.dropoff.root
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


MOVED = {
    f"{FULL}/processed/20241201_120000_cities.csv",
    f"{OTHER}/error/ERROR_20241201_120000_towns.csv",
    f"{OTHER}/error/ERROR_20241201_120000_towns.error.json",
    f"{OTHER}/error/ERROR_20241201_120000_towns.rejects.csv",
    f"{FULL}/error/ERROR_19700101_000000_link.error.json",
    "error/ERROR_19700101_000000_stray.error.json",
}


def check_moved(site: Site) -> None:
    assert tree(site) == MOVED
    root = site.dropoff.root
    rows = site.deps.ledger.page().files
    assert {Path(row.file_path).relative_to(root).as_posix() for row in rows} == {
        name for name in MOVED if name.endswith(("cities.csv", "towns.csv"))
    }
    (refused,) = [row for row in rows if row.status == "error"]
    story = LedgerReport(site.deps.warehouse).story(refused.id)
    assert story is not None
    assert story.rejects_file is not None
    assert Path(story.rejects_file).is_file()
    assert relocate.plan(site.deps) == ()


def test_files_move_to_their_load_folders_with_their_rows_and_sidecars(make_site: Callable[..., Site]) -> None:
    site = upgraded(make_site)
    before = tree(site)
    planned = relocate.plan(site.deps)
    assert tree(site) == before, "planning changes nothing"
    assert [left for _, left in relocate.carry_out(site.deps, planned, "ann")] == [""] * len(planned)
    check_moved(site)
    assert not (site.dropoff.root / "processed").exists()
    entries = [
        (entry.action, entry.actor, entry.detail["files"]) for entry in AuditTrail(site.deps.warehouse).entries()
    ]
    assert sorted(entries) == [("move", "ann", 1), ("move", "ann", 2)]


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("call", ["link", "rename", "unlink", "ledger"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(3))
def test_a_killed_move_is_finished_by_the_next_one(
    make_site: Callable[..., Site], monkeypatch: pytest.MonkeyPatch, call: str, after: bool, number: int
) -> None:
    site = upgraded(make_site)
    left = [number]

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def die(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == -1 and not after:
                raise Killed
            answer = real(*arguments, **named)
            if left[0] == -1:
                raise Killed
            return answer

        return die

    with monkeypatch.context() as patched:
        if call == "ledger":
            patched.setattr(type(site.deps.ledger), "move_file", dying(type(site.deps.ledger).move_file))
        elif call == "rename":
            patched.setattr("refdata.dropoff.relocating.rename_exclusive", dying(rename_exclusive))
        else:
            patched.setattr(os, call, dying(getattr(os, call)))
        with contextlib.suppress(Killed):
            relocate.carry_out(site.deps, relocate.plan(site.deps), "ann")
    relocate.carry_out(site.deps, relocate.plan(site.deps), "ann")
    check_moved(site)


def test_files_that_cannot_be_moved_stay_and_are_reported(make_site: Callable[..., Site]) -> None:
    site = upgraded(make_site)
    root = site.dropoff.root
    (root / FULL / "processed").mkdir(exist_ok=True)
    (root / FULL / "processed" / "20241201_120000_cities.csv").write_text("another file")
    (root / "processed" / "20230101_000000_unknown.csv").write_text("x")
    (root / "processed" / "notes.txt").write_text("somebody's own")
    left = {one.path.name: why for one, why in relocate.carry_out(site.deps, relocate.plan(site.deps), "ann") if why}
    assert set(left) == {"20241201_120000_cities.csv", "20230101_000000_unknown.csv"}
    assert "has a file of this name" in left["20241201_120000_cities.csv"]
    assert "ledger" in left["20230101_000000_unknown.csv"]
    assert (root / "processed" / "notes.txt").is_file()
    assert (root / "processed" / "20241201_120000_cities.csv").read_text() == GOOD


def test_archives_that_a_setting_keeps_at_the_root_stay(make_site: Callable[..., Site]) -> None:
    site = make_site(processed_root="processed")
    site.load(site.drop("cities.csv", GOOD), "1")
    assert relocate.plan(site.deps) == ()
