"""The result of a health check, and how results combine. Pure.

A check is one line of ``refdata health``. To add one, return a ``Check`` and put the function that makes
it into ``refdata.health.CHECKS``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from refdata.core.diagnosis import Diagnosis, Trouble
from refdata.core.errors import RefdataError, TransientError, sentence


class State(StrEnum):
    """``warn`` asks somebody to look; ``fail`` means that loads cannot run, or do not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    :param name: what was checked, the same at each run, such as ``warehouse``.
    :param figure: the short answer: a measure with its unit, or the kind of trouble.
    :param message: the answer in a sentence, without secrets; ``""`` where the figure is enough.
    :param advice: what to do about it; ``""`` when there is nothing to do.
    :param transient: whether it may pass by itself, such as a server restart.
    """

    name: str
    state: State
    figure: str
    message: str = ""
    advice: str = ""
    transient: bool = False


def worst(checks: Iterable[Check]) -> State:
    """The worst state among the checks; ``ok`` when there are no checks."""
    return max((check.state for check in checks), key=_rank, default=State.OK)


def failed(name: str, error: RefdataError) -> Check:
    """A check that could not be run, or whose failure to run is the finding."""
    return Check(
        name, State.FAIL, error.category, error.reason, sentence(error.advice), isinstance(error, TransientError)
    )


_ADVICE = {
    Trouble.UNREACHABLE: "Check that the server is running and reachable from this machine.",
    Trouble.LOGIN_REFUSED: "Check the login and password of the Airflow connection.",
    Trouble.DATABASE_MISSING: "Create the database, or correct its name in the Airflow connection.",
    Trouble.RIGHT_MISSING: "Ask the DBA to run the grant scripts in include/sql/mssql/README.md.",
    Trouble.NOT_INITIALISED: "Run `refdata init-db`.",
}


def warehouse_check(name: str, diagnosis: Diagnosis, seconds: float) -> Check:
    """The check of a database.

    :param seconds: how long the diagnosis took.
    """
    if diagnosis.trouble is None:
        return Check(name, State.OK, f"ready in {seconds:.2f} s", diagnosis.message)
    transient = diagnosis.trouble is Trouble.UNREACHABLE
    return Check(
        name,
        State.FAIL,
        diagnosis.trouble.value,
        diagnosis.message,
        diagnosis.advice or _ADVICE[diagnosis.trouble],
        transient,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """A check whose state has changed since the last run."""

    check: Check
    before: State


def changes(before: Mapping[str, str], checks: Iterable[Check]) -> tuple[Change, ...]:
    """The checks to report: those whose state differs from the last one reported under their name.

    A check that has never run before counts as having been ok.
    """
    states = ((check, State(before.get(check.name, State.OK))) for check in checks)
    return tuple(Change(check, earlier) for check, earlier in states if check.state is not earlier)


def reported(before: Mapping[str, str], checks: Iterable[Check], unreported: Collection[str]) -> dict[str, str]:
    """The states to remember: those found, except that checks whose change is ``untold`` keep the reported state.

    So a check that fails and recovers before anybody could be alerted is never reported. A check that did not run this
    time keeps its state.
    """
    return {**before, **{check.name: check.state.value for check in checks if check.name not in unreported}}


def settled(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks of the very first run, without transient problems: a start creates folders and connects.

    A check that is left out counts as never checked, so the next run reports it if it persists.
    """
    return tuple(check for check in checks if check.state is State.OK or not check.transient)


def is_worse(change: Change) -> bool:
    """Whether the change is for the worse."""
    return _rank(change.check.state) > _rank(change.before)


def describe(changed: Iterable[Change]) -> str:
    """The changes, one per line, each with what to do."""
    return "\n".join(
        f"{change.check.name}: {change.before} → {change.check.state} ({change.check.figure}). {change.check.message}"
        + (f"\nWhat to do: {change.check.advice}" if change.check.advice else "")
        for change in changed
    )


def _rank(state: State) -> int:
    return list(State).index(state)
