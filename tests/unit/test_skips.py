"""A skip that is not allowed fails the run in CI, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import LIST, VARIABLE, allowed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("reason", "in_ci", "code"),
    [
        ("no Chromium is installed", True, 1),
        ("no Chromium is installed", False, 0),
        ("REFDATA_TEST_MSSQL_URI names no T-SQL server", True, 0),
        ("REFDATA_TEST_MSSQL_URI names no T-SQL server, or so", True, 1),
    ],
)
@pytest.mark.parametrize("how", ["mark", "call", "module"])
def test_a_run_fails_over_a_skip_that_is_not_on_the_list(
    tmp_path: Path, reason: str, how: str, *, in_ci: bool, code: int
) -> None:
    bodies = {
        "mark": f"@pytest.mark.skip(reason={reason!r})\ndef test_it(): pass\ndef test_other(): pass\n",
        "call": f"def test_it(): pytest.skip({reason!r})\n",
        "module": f"pytest.skip({reason!r}, allow_module_level=True)\n",
    }
    (tmp_path / "test_it.py").write_text(f"import pytest\n{bodies[how]}")
    (tmp_path / "test_passes.py").write_text("def test_passes(): pass\n")
    (tmp_path / "conftest.py").write_text(
        "from tests.skips import guard\n"
        "def pytest_configure(config):\n"
        "    found = guard()\n"
        "    if found: config.pluginmanager.register(found)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    environment |= {"PYTHONPATH": str(ROOT), **({VARIABLE: "1"} if in_ci else {})}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert ("SKIP NOT ALLOWED" in done.stdout) == bool(code)


def test_each_line_of_the_list_is_a_reason_that_a_test_gives() -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path.name != "test_skips.py"
    ]
    for pattern in allowed(LIST.read_text(encoding="utf-8")):
        words = pattern.pattern.removesuffix(" .*")
        assert any(words in text for text in texts), f"no test skips because {words}"
