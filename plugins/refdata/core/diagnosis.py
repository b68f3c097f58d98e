"""The result of a database diagnosis. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from refdata.core.errors import RefdataError, sentence


class Trouble(StrEnum):
    """The kinds of obstacles for a client; each needs a different person to fix it."""

    UNREACHABLE = "unreachable"
    LOGIN_REFUSED = "login refused"
    DATABASE_MISSING = "database missing"
    RIGHT_MISSING = "right missing"
    NOT_INITIALISED = "not initialised"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``trouble`` is None when all is well. ``message`` is one sentence without secrets, ``advice`` what to do."""

    trouble: Trouble | None
    message: str
    advice: str = ""

    @classmethod
    def of(cls, trouble: Trouble, error: RefdataError) -> Diagnosis:
        """The state of the database according to an error."""
        return cls(trouble, error.reason, sentence(error.advice))

    @property
    def ok(self) -> bool:
        """Whether loads can run."""
        return self.trouble is None
