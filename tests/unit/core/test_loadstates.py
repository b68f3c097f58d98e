"""The table of states: complete, without contradictions, and the only place that names states in SQL."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata import sqlfiles
from refdata.core.loadstates import (
    DONE,
    EVENTS,
    GROUPS,
    IN_FLIGHT,
    MOVING,
    PUBLISHED,
    REFUSED,
    REMOVABLE,
    STATEMENTS,
    TRANSITIONS,
    Event,
    after,
)
from refdata.core.model import FileStatus

FILES = sorted(sqlfiles.root().glob("*/*.sql"))
STATES = frozenset(state.value for state in FileStatus)
DELETING = (Event.DELETE, Event.CLEAN_UP)
ASSETS = Path(sqlfiles.__file__).parent / "plugin/assets"


def code(path: Path) -> str:
    """A statement without its comments."""
    return re.sub(r"--.*", "", path.read_text(encoding="utf-8"))


def named_in(path: Path) -> frozenset[str]:
    """The states that a statement names."""
    return frozenset(re.findall(r"'(\w+)'", code(path))) & STATES


def test_each_state_is_in_flight_done_or_refused() -> None:
    assert set(FileStatus) == IN_FLIGHT | DONE | REFUSED
    assert len(IN_FLIGHT) + len(DONE) + len(REFUSED) == len(FileStatus)


def test_an_event_has_one_outcome_in_each_state() -> None:
    ways = [(one.before, one.event) for one in TRANSITIONS]
    assert len(set(ways)) == len(ways)


def test_every_event_has_a_statement_an_explanation_and_a_transition() -> None:
    carried_out = {event for _, events in STATEMENTS for event in events}
    assert carried_out == set(EVENTS) == {one.event for one in TRANSITIONS} == set(Event)


@given(st.lists(st.sampled_from([event for event in Event if event not in DELETING])))
def test_published_rows_stay_published_whatever_happens(events: list[Event]) -> None:
    state: FileStatus | None = None
    published = False
    for event in (Event.REGISTER, *events):
        if not (state is not None and event in (Event.REGISTER, Event.REVISE)):
            state = after(state, event)
        published = published or state in PUBLISHED
        assert not published or state in PUBLISHED


@pytest.mark.parametrize("state", FileStatus)
def test_every_state_can_be_reached_and_only_what_published_nothing_is_deleted(state: FileStatus) -> None:
    reached: set[FileStatus | None] = {None}
    for _ in FileStatus:
        reached |= {after(one, event) for one, event in product(reached, Event) if event not in DELETING}
    assert state in reached
    assert (after(state, Event.DELETE) is None) == (state in REMOVABLE)


def test_a_question_is_answered_or_refused_and_never_forgotten() -> None:
    out = {event: after(FileStatus.REVIEW, event) for event in Event}
    assert out[Event.ANSWER] is FileStatus.PENDING
    assert out[Event.FAIL] is FileStatus.ERROR
    assert out[Event.EXPIRE] is FileStatus.REVIEW, "it waits as long as it takes"


def test_no_statement_names_states_that_the_table_does_not_know() -> None:
    known = {name for name, _ in STATEMENTS} | set(GROUPS)
    assert {path.stem for path in FILES if named_in(path)} - known == set()


@pytest.mark.parametrize("path", [path for path in FILES if path.stem in GROUPS], ids=lambda path: path.stem)
def test_a_statement_that_only_looks_names_one_of_the_groups(path: Path) -> None:
    assert named_in(path) == GROUPS[path.stem]


def test_the_engines_name_the_same_states() -> None:
    named: dict[str, set[frozenset[str]]] = {}
    for path in FILES:
        named.setdefault(path.stem, set()).add(named_in(path))
    assert {name: found for name, found in named.items() if len(found) > 1} == {}
    assert named["create_procedure_release_turn"] == named["release_stale_turns"]


def test_no_statement_deletes_a_load_that_the_table_does_not_know() -> None:
    deleting = {path.stem for path in FILES if re.search(r"DELETE FROM \[ref\]\.\[File_Monitor_Tracking\]", code(path))}
    assert deleting == {name for name, events in STATEMENTS if set(events) & set(DELETING)}


PAGE_LISTS = [
    ("files.js", "STATUSES", frozenset(FileStatus)),
    ("files.js", "MOVING", MOVING),
    ("refused.js", "REFUSED", REFUSED),
]


@pytest.mark.parametrize(("file", "name", "states"), PAGE_LISTS)
def test_the_page_has_the_same_states(file: str, name: str, states: frozenset[FileStatus]) -> None:
    listed = re.search(rf"const {name} = \[([^\]]*)\]", (ASSETS / file).read_text(encoding="utf-8"))
    assert listed
    assert set(re.findall(r'"(\w+)"', listed[1])) == states


def test_the_page_lists_states_nowhere_else() -> None:
    states = "|".join(STATES)
    lists = re.compile(rf'const (\w+) = \[\s*"(?:{states})"')
    found = {(path.name, name) for path in ASSETS.glob("**/*.js") for name in lists.findall(path.read_text("utf-8"))}
    assert found == {(file, name) for file, name, _ in PAGE_LISTS}
