"""Reads the verdict of a validation procedure. Pure."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from refdata.core.errors import ConfigurationError

RESULT, ISSUES = "validation_result", "validation_issue_list"
_PASSED = frozenset(("true", "1", "pass", "passed", "ok", "valid", "success"))
_FAILED = frozenset(("false", "0", "fail", "failed", "error", "invalid", "failure"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the staged rows may be published, and what the procedure found."""

    passed: bool
    issues: tuple[str, ...] = ()


def read_verdict(text: str, procedure: str) -> Verdict:
    """The verdict in a procedure's JSON: an object, or an array of one (as FOR JSON writes it), with
    ``validation_result`` (true or false, 1 or 0, passed or failed) and ``validation_issue_list``.

    :raises ConfigurationError: when it is not such JSON. An unreadable verdict must not let rows pass.
    """
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise _unreadable(procedure, f"with invalid JSON ({error})") from None
    verdict = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
    if not isinstance(verdict, Mapping) or RESULT not in verdict:
        raise _unreadable(procedure, f"with JSON that lacks {RESULT}")
    result = str(verdict[RESULT]).strip().lower()
    if result not in _PASSED | _FAILED:
        raise _unreadable(procedure, f"with {RESULT} {result!r}")
    return Verdict(result in _PASSED, _issues(verdict.get(ISSUES)))


def _issues(listing: object) -> tuple[str, ...]:
    if isinstance(listing, str) and listing.lstrip().startswith("["):
        # FOR JSON inside FOR JSON becomes text unless the author wrapped it in JSON_QUERY.
        with contextlib.suppress(ValueError):
            listing = json.loads(listing)
    listed = listing if isinstance(listing, list) else [] if listing in (None, "") else [listing]
    return tuple(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in listed)


def _unreadable(procedure: str, answer: str) -> ConfigurationError:
    return ConfigurationError(
        f"The validation procedure answered {answer}; nothing was published",
        where=procedure,
        advice=f'Make it SELECT one JSON object: {{"{RESULT}": true, "{ISSUES}": []}}.',
    )
