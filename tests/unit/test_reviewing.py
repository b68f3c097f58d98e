"""An answer that Airflow asks for again is given again."""

from __future__ import annotations

import pytest

from refdata.reviewing import answer_until_taken, await_question


@pytest.mark.parametrize(
    ("states", "answered"),
    [
        (["success"], 0),
        (["queued", "running", "success"], 0),
        (["queued", "up_for_retry", "awaiting_input", "queued", "success"], 1),
        (["awaiting_input", "queued", "up_for_retry", "deferred", "running", "failed"], 2),
        (["queued"] * 20, 0),
        ([None] * 20, 0),
    ],
)
def test_a_review_that_asks_again_is_answered_again_until_it_is_over_or_time_is_up(
    states: list[str | None], answered: int
) -> None:
    answers, pauses = [], []
    seen = iter(states)
    answer_until_taken(lambda: next(seen), lambda: answers.append(1), lambda: pauses.append(1), looks=20)
    assert len(answers) == answered
    assert len(pauses) == sum(state not in ("success", "failed") for state in states)


@pytest.mark.parametrize(
    ("states", "waits"),
    [
        (["asked"], 0),
        (["", "scheduled", "queued", "running", "asked"], 4),
        (["removed"], 0),
        (["failed"], 0),
        (["queued"] * 20, 20),
    ],
)
def test_an_answer_waits_until_airflow_asks(states: list[str], waits: int) -> None:
    pauses = []
    seen = iter(states)
    await_question(lambda: next(seen), lambda: pauses.append(1), looks=20)
    assert len(pauses) == waits
