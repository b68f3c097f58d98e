"""What a look at the database tells a person. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What stands between a client and its work; each asks another person for another thing."""

    UNREACHABLE = "unreachable"
    LOGIN_REFUSED = "login refused"
    DATABASE_MISSING = "database missing"
    RIGHT_MISSING = "right missing"
    NOT_INITIALISED = "not initialised"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """``trouble`` is None when all is well. ``message`` says it in a sentence, without a secret."""

    trouble: Trouble | None
    message: str

    @property
    def ok(self) -> bool:
        """Whether loads can run."""
        return self.trouble is None
