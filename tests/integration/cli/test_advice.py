"""What the commands say is for the person who types them."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest

import refdata
from refdata.commands.running import log_on_stderr
from refdata.core.errorguide import guide_to
from refdata.core.errors import DatabaseError
from refdata.warehouse.tsql.errors import DriverError, translate

PACKAGE = Path(refdata.__file__).parent


def test_an_unknown_error_of_the_database_is_explained_as_one() -> None:
    error = translate(DriverError(8999, "", "unheard of"), "server/db")
    assert type(error) is DatabaseError
    for category in (error.category, "permanent"):
        assert "ask the DBA" in guide_to(category).advice
        assert "killed" not in guide_to(category).cause


def test_no_advice_is_about_a_task_that_a_command_does_not_have() -> None:
    texts = [
        (path.name, node.value)
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [found for found in texts if "clear the task" in found[1].lower()] == []


def test_airflows_warning_about_short_secrets_stays_out_of_a_commands_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    masker = logging.getLogger("airflow.sdk._shared.secrets_masker.secrets_masker")
    before = masker.level
    with log_on_stderr():
        assert not masker.isEnabledFor(logging.WARNING)
        assert masker.isEnabledFor(logging.ERROR)
    assert masker.level == before
