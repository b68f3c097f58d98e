from __future__ import annotations

import pytest

from refdata.core.errors import ConfigurationError
from refdata.core.validation import Verdict, read_verdict

READ = [
    ('{"validation_result": true}', Verdict(passed=True)),
    ('{"validation_result": 0, "validation_issue_list": "one"}', Verdict(passed=False, issues=("one",))),
    ('{"validation_result": "Passed", "validation_issue_list": null}', Verdict(passed=True)),
    (
        '[{"validation_result": false, "validation_issue_list": "[\\"a\\", 2]"}]',
        Verdict(passed=False, issues=("a", "2")),
    ),
    (
        '{"validation_result": false, "validation_issue_list": "[no json"}',
        Verdict(passed=False, issues=("[no json",)),
    ),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_verdict_is_read(text: str, expected: Verdict) -> None:
    assert read_verdict(text, "p") == expected


@pytest.mark.parametrize("text", ["", "x", "1", "null", "[]", "[{}, {}]", "{}", '{"validation_result": null}'])
def test_a_malformed_verdict_is_an_error_that_names_the_procedure(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"ref\.sp_x"):
        read_verdict(text, "ref.sp_x")
