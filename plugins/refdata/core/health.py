"""What a health check finds, and what several of them come to. Pure.

A check is one line of ``refdata health``. Whoever adds one returns a ``Check`` and puts the function that makes
it into ``refdata.health.CHECKS``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from refdata.core.diagnosis import Diagnosis, Trouble
from refdata.core.errors import RefdataError, TransientError, split_advice


class State(StrEnum):
    """``warn`` asks somebody to look; ``fail`` says that loads cannot run, or do not."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    :param name: what was looked at, the same at each run, such as ``warehouse``.
    :param figure: the short answer: a measure with its unit, or the kind of trouble.
    :param message: the answer in a sentence, without a secret; ``""`` where the figure says it all.
    :param advice: what to do about it; ``""`` when there is nothing to do.
    :param transient: whether it may pass by itself, as a server that is restarted.
    """

    name: str
    state: State
    figure: str
    message: str = ""
    advice: str = ""
    transient: bool = False


def worst(checks: Iterable[Check]) -> State:
    """The worst state among the checks; ``ok`` when there is none."""
    return max((check.state for check in checks), key=_rank, default=State.OK)


def failed(name: str, error: RefdataError) -> Check:
    """The check that could not be made, or whose making is the failure."""
    what, advice = split_advice(str(error))
    return Check(name, State.FAIL, error.category, what, advice, isinstance(error, TransientError))


_ADVICE = {
    Trouble.UNREACHABLE: "Check that the server runs and is reached from this machine.",
    Trouble.LOGIN_REFUSED: "Check login and password of the Airflow connection.",
    Trouble.DATABASE_MISSING: "Create the database, or correct its name in the Airflow connection.",
    Trouble.RIGHT_MISSING: "Let the DBA run the grant scripts of include/sql/mssql/README.md.",
    Trouble.NOT_INITIALISED: "Run `refdata init-db`.",
}


def warehouse_check(name: str, found: Diagnosis, seconds: float) -> Check:
    """The check of a database.

    :param seconds: how long the diagnosis took.
    """
    if found.trouble is None:
        return Check(name, State.OK, f"ready in {seconds:.2f} s", found.message)
    what, advice = split_advice(found.message)
    transient = found.trouble is Trouble.UNREACHABLE
    return Check(name, State.FAIL, found.trouble.value, what, advice or _ADVICE[found.trouble], transient)


@dataclass(frozen=True, slots=True)
class Change:
    """A check that came to another state than the last look found."""

    check: Check
    before: State


def changes(before: Mapping[str, str], checks: Iterable[Check]) -> tuple[Change, ...]:
    """What is to be told: the checks whose state differs from the one told last, kept under their name.

    A check that was never made before counts as having been well.
    """
    found = ((check, State(before.get(check.name, State.OK))) for check in checks)
    return tuple(Change(check, earlier) for check, earlier in found if check.state is not earlier)


def told(before: Mapping[str, str], checks: Iterable[Check], untold: Collection[str]) -> dict[str, str]:
    """The states to keep: those found, but for the checks whose change is ``untold``, which keep what was told.

    So a check that fails and is well again before anybody could be told of it is told of to nobody. A check that was
    not made this time keeps the state that it had.
    """
    return {**before, **{check.name: check.state.value for check in checks if check.name not in untold}}


def settled(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The checks of the very first look, without troubles that may pass: a start makes folders and connects.

    What is left out counts as never made, so the next look tells of it if it lasts.
    """
    return tuple(check for check in checks if check.state is State.OK or not check.transient)


def is_worse(change: Change) -> bool:
    """Whether the change is for the worse."""
    return _rank(change.check.state) > _rank(change.before)


def describe(changed: Iterable[Change]) -> str:
    """The changes in lines, each with what to do."""
    return "\n".join(
        f"{change.check.name}: {change.before} → {change.check.state} ({change.check.figure}). {change.check.message}"
        + (f"\nWhat to do: {change.check.advice}" if change.check.advice else "")
        for change in changed
    )


def _rank(state: State) -> int:
    return list(State).index(state)
