"""One list of steps, from which everything that needs an order takes it."""

from __future__ import annotations

import pytest

from refdata.core.steps import AFTER_PUBLISHING, ERROR_BRANCH, STEPS, Step, failed_step, guarded, pipeline, place_of


def test_every_step_is_in_the_list_once() -> None:
    assert [info.step for info in (*STEPS, ERROR_BRANCH)] == list(Step)


@pytest.mark.parametrize("asking", [True, False])
def test_a_load_begins_with_the_format_and_ends_with_the_archive(asking: bool) -> None:
    order = pipeline(asking=asking)
    assert (order[0], order[-1]) == (Step.DETECT, Step.ARCHIVE)
    assert guarded(asking=asking) == order[:-1]
    assert list(order) == sorted(order, key=place_of)


def test_nothing_can_be_stopped_once_the_rows_are_in_the_table() -> None:
    assert {info.step.value for info in STEPS if not info.stoppable} == AFTER_PUBLISHING


FAILED_RUNS = [
    ({}, "unknown"),
    ({"detect_format": "success", "align_table": "upstream_failed"}, "unknown"),
    ({"move_to_error": "failed"}, "unknown"),
    ({"detect_format": "failed", "align_table": "upstream_failed"}, "detect_format"),
    ({"load_rows": "success", "review": "failed", "publish_rows": "upstream_failed"}, "review"),
    ({"align_table": "failed", "write_config": "failed"}, "write_config"),
]


@pytest.mark.parametrize(("states", "expected"), FAILED_RUNS)
def test_the_last_step_that_failed_is_the_one_to_explain(states: dict[str, str | None], expected: str) -> None:
    assert failed_step(states) == expected
