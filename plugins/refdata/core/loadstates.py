"""The states of a load and the transitions between them, defined only here. Pure.

The ledger keeps the state in ``File_Monitor_Tracking.status``, and each event is one statement of ``include/sql``. A
test runs every statement on a row in every state and compares the result with ``TRANSITIONS``; another draws the
diagram in ``docs/database.md`` from it. Other code and the page use the groups below, never a list of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from refdata.core.model import FileStatus

PENDING, PROCESSING, REVIEW = FileStatus.PENDING, FileStatus.PROCESSING, FileStatus.REVIEW
LOADED, COMPLETED, DUPLICATE = FileStatus.LOADED, FileStatus.COMPLETED, FileStatus.DUPLICATE
ERROR, CANCELLED = FileStatus.ERROR, FileStatus.CANCELLED

IN_FLIGHT = frozenset((PENDING, PROCESSING, REVIEW))
"""Not decided yet: the file is in its folder, and its rows may still be published."""
HOLDS_TURN = frozenset((PROCESSING, REVIEW))
"""States in which no other load of the table may begin."""
MOVING = frozenset((PENDING, PROCESSING))
"""In flight and not waiting for anybody: continues without a person."""
PUBLISHED = frozenset((LOADED, COMPLETED))
"""The rows are in the table."""
DONE = PUBLISHED | {DUPLICATE}
"""Succeeded: the table contains the file's content, and only archiving may remain."""
REFUSED = frozenset((ERROR, CANCELLED))
"""Ended without effect, for any reason: the table is unchanged."""
FAILED = frozenset((ERROR,))
"""Refused because of an error, not because somebody stopped the load or removed the file."""
REMOVABLE = REFUSED | {DUPLICATE}
"""Over, and without a version that depends on the row, so it may be deleted by age."""
UNSETTLED = IN_FLIGHT | {LOADED}
"""At least one step is still to come."""


class Event(StrEnum):
    """Events in the life of a load."""

    REGISTER = "register"
    RESUME = "resume"
    CLAIM = "claim"
    EXPIRE = "expire"
    HOLD = "hold"
    ANSWER = "answer"
    PUBLISH = "publish"
    RECOGNISE = "recognise"
    ARCHIVE = "archive"
    REPLACE = "replace"
    FAIL = "fail"
    CANCEL = "cancel"
    VANISH = "vanish"
    HAND_BACK = "hand_back"
    REVISE = "revise"
    DELETE = "delete"
    TAKE_AWAY = "take_away"
    CLEAN_UP = "clean_up"


EVENTS: Mapping[Event, str] = {
    Event.REGISTER: "a released file gets its row",
    Event.RESUME: "a run picks up the same file again",
    Event.CLAIM: "an attempt gets the table's turn",
    Event.EXPIRE: "an attempt without a heartbeat loses the turn",
    Event.HOLD: "a step asks a person",
    Event.ANSWER: "the person approves the load",
    Event.PUBLISH: "the rows become the live ones",
    Event.RECOGNISE: "the content is already in the table",
    Event.ARCHIVE: "the file is in the archive",
    Event.REPLACE: "another file takes the path before the archive does",
    Event.FAIL: "a step fails for good, or the person rejects the load",
    Event.CANCEL: "somebody, or load_timeout, stops the load",
    Event.VANISH: "the file disappears before its load",
    Event.HAND_BACK: "a step gives up for a transient reason",
    Event.REVISE: "a person rolls back or takes back",
    Event.DELETE: "the row's age deletes it",
    Event.TAKE_AWAY: "a person takes the turn at a SQL prompt",
    Event.CLEAN_UP: "`refdata validate` removes its own test load",
}
"""Each event in a few words, for the documents."""


class Guard(StrEnum):
    """The condition for a transition besides the state; the statement itself checks it."""

    NONE = ""
    FIRST = "first of its table, and the row is still this file's"
    TURN = "the attempt holds the turn"
    SILENT = "no heartbeat for stale_after seconds"
    SAME_FILE = "the row is still this file's"
    SAME_PATH = "the row is still at this path"
    NO_VERSION = "the load made no version"
    TEST_LOAD = "the row's table is that of a test load"


class RunState(StrEnum):
    """What Airflow says about a load's run; ``stopped``: a person ended it, so its error branch never ran."""

    ACTIVE = "active"
    STOPPED = "stopped"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Transition:
    """One row of the table. ``before`` is None where there is no row yet, ``after`` where it is deleted."""

    before: FileStatus | None
    event: Event
    after: FileStatus | None
    guard: Guard = Guard.NONE


def _each(
    before: frozenset[FileStatus] | tuple[FileStatus, ...],
    event: Event,
    after: FileStatus | None,
    guard: Guard = Guard.NONE,
) -> tuple[_Transition, ...]:
    """The same transition out of several states, in the order of ``FileStatus``."""
    return tuple(_Transition(state, event, after, guard) for state in FileStatus if state in before)


TRANSITIONS: tuple[_Transition, ...] = (
    _Transition(None, Event.REGISTER, PENDING),
    *_each(IN_FLIGHT | REFUSED, Event.RESUME, PENDING),
    # Also from processing and review: a retry of a step that died takes over with a new attempt number.
    *_each(IN_FLIGHT, Event.CLAIM, PROCESSING, Guard.FIRST),
    _Transition(PROCESSING, Event.EXPIRE, PENDING, Guard.SILENT),
    # A step with a question claims the turn first, so that answers come in the order of the files.
    _Transition(PROCESSING, Event.HOLD, REVIEW, Guard.TURN),
    _Transition(REVIEW, Event.ANSWER, PENDING, Guard.TURN),
    _Transition(PROCESSING, Event.PUBLISH, LOADED, Guard.TURN),
    _Transition(PROCESSING, Event.RECOGNISE, DUPLICATE, Guard.TURN),
    _Transition(LOADED, Event.ARCHIVE, COMPLETED),
    _Transition(LOADED, Event.REPLACE, COMPLETED),
    *_each(IN_FLIGHT | REFUSED, Event.FAIL, ERROR),
    *_each(IN_FLIGHT | REFUSED, Event.CANCEL, CANCELLED),
    *_each(IN_FLIGHT, Event.VANISH, CANCELLED, Guard.SAME_PATH),
    *_each(IN_FLIGHT, Event.HAND_BACK, PENDING, Guard.SAME_FILE),
    _Transition(None, Event.REVISE, COMPLETED),
    *_each(REMOVABLE, Event.DELETE, None, Guard.NO_VERSION),
    _Transition(PROCESSING, Event.TAKE_AWAY, PENDING),
    *_each(tuple(FileStatus), Event.CLEAN_UP, None, Guard.TEST_LOAD),
)
"""All transitions of a load. In a state without a row for an event, the event changes no status."""

STATEMENTS: tuple[tuple[str, tuple[Event, ...]], ...] = (
    ("insert_file", (Event.REGISTER,)),
    ("resume_file", (Event.RESUME,)),
    ("claim_turn", (Event.CLAIM,)),
    ("release_stale_turns", (Event.EXPIRE,)),
    ("mark_held", (Event.HOLD,)),
    ("mark_answered", (Event.ANSWER,)),
    ("mark_loaded", (Event.PUBLISH,)),
    ("mark_duplicate", (Event.RECOGNISE,)),
    ("mark_archived", (Event.ARCHIVE,)),
    ("release_path", (Event.REPLACE,)),
    ("mark_failed", (Event.FAIL,)),
    ("mark_failed", (Event.CANCEL,)),
    # The file of a load that failed or was cancelled is in the archive: path and reason in one step.
    ("mark_refused", (Event.FAIL, Event.ARCHIVE)),
    ("mark_refused", (Event.CANCEL, Event.ARCHIVE)),
    ("mark_vanished", (Event.VANISH,)),
    ("hand_back_file", (Event.HAND_BACK,)),
    ("insert_revision", (Event.REVISE,)),
    ("delete_file", (Event.DELETE,)),
    ("create_procedure_release_turn", (Event.TAKE_AWAY,)),
    ("delete_canary", (Event.CLEAN_UP,)),
)
"""The files of ``include/sql`` that change a state, each with the events that it carries out, in order."""

GROUPS: Mapping[str, frozenset[FileStatus]] = {
    "select_blocking_files": IN_FLIGHT,
    "select_turns": IN_FLIGHT,
    "select_unpublished_tables": IN_FLIGHT,
    "select_moving_loads": UNSETTLED,
    "select_running_loads": HOLDS_TURN,
    "select_unfinished_files": UNSETTLED | {COMPLETED},
    "select_unregistered_tables": PUBLISHED,
    "select_expired_files": REMOVABLE,
    "count_errors": FAILED,
    "count_days": FAILED | {DUPLICATE},
    "record_progress": frozenset((PROCESSING,)),
    "record_sign": frozenset((PROCESSING,)),
    "select_waiting_questions": frozenset((REVIEW,)),
    "set_load_class": frozenset((PROCESSING,)),
    "set_load_table": IN_FLIGHT,
}
"""The states in statements that change none: each is one of the groups above."""


def after(state: FileStatus | None, event: Event) -> FileStatus | None:
    """The state that an event leads to; unchanged where the table has no such transition.

    >>> after(FileStatus.PROCESSING, Event.PUBLISH)
    <FileStatus.LOADED: 'loaded'>
    >>> after(FileStatus.COMPLETED, Event.FAIL)
    <FileStatus.COMPLETED: 'completed'>
    """
    return next((one.after for one in TRANSITIONS if (one.before, one.event) == (state, event)), state)


def diagram() -> str:
    """The table as a Mermaid state diagram; without transitions that keep the state."""
    labels: dict[tuple[str, str], list[str]] = {}
    for one in TRANSITIONS:
        if one.before is not one.after:
            ends = (one.before or "[*]", one.after or "[*]")
            labels.setdefault(ends, []).append(one.event.replace("_", " "))
    lines = [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in labels.items()]
    return "\n".join(["stateDiagram-v2", *lines])


def rows() -> list[tuple[str, str, str, str]]:
    """The table for the documents: event, states before, state after, guard; one row for each event and end."""
    merged: dict[tuple[Event, FileStatus | None, Guard], list[str]] = {}
    for one in TRANSITIONS:
        merged.setdefault((one.event, one.after, one.guard), []).append(one.before or "no row")
    return [(event, ", ".join(states), after or "deleted", guard) for (event, after, guard), states in merged.items()]
