"""A skip that is not allowed fails the run in CI, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import LIST, VARIABLE, allowed, is_allowed

ROOT = Path(__file__).parents[2]


MODULES = {
    "mark": "@pytest.mark.skip(reason={!r})\ndef test_it(): pass\ndef test_other(): pass\n",
    "call": "def test_it(): pytest.skip({!r})\n",
    "module": "pytest.skip({!r}, allow_module_level=True)\n",
}
BROWSER, SERVER = "no Chromium is installed", "REFDATA_TEST_MSSQL_URI names no T-SQL server"


@pytest.mark.parametrize("workers", ["0", "1"])
@pytest.mark.parametrize("how", MODULES)
def test_a_run_fails_over_a_skip_that_is_not_on_the_list(tmp_path: Path, how: str, workers: str) -> None:
    done = ran(tmp_path, [how], BROWSER, "-n", workers, **{VARIABLE: "1"})
    assert done.returncode == 1, done.stdout
    assert f"SKIP NOT ALLOWED in CI: {BROWSER}" in done.stdout


@pytest.mark.parametrize(("reason", "variables"), [(SERVER, {VARIABLE: "1"}), (BROWSER, {})])
def test_a_run_passes_with_skips_that_are_allowed_and_outside_ci_with_any(
    tmp_path: Path, reason: str, variables: dict[str, str]
) -> None:
    done = ran(tmp_path, list(MODULES), reason, **variables)
    assert done.returncode == 0, done.stdout
    assert "SKIP NOT ALLOWED" not in done.stdout


def ran(
    folder: Path, modules: list[str], reason: str, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A run of pytest over modules that skip, beside one that passes; only the plugin of workers is loaded."""
    for how in modules:
        (folder / f"test_{how}.py").write_text(f"import pytest\n{MODULES[how].format(reason)}")
    (folder / "test_passes.py").write_text("def test_passes(): pass\n")
    (folder / "conftest.py").write_text(
        "from tests.skips import guard\n"
        "def pytest_configure(config):\n"
        "    found = guard()\n"
        "    if found: config.pluginmanager.register(found)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    environment |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "xdist", *options, str(folder)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("reason", "listed"), [(SERVER, True), (f"{SERVER}, or so", False), (BROWSER, False)])
def test_a_reason_is_on_the_list_as_a_whole(reason: str, *, listed: bool) -> None:
    assert is_allowed(reason, allowed(LIST.read_text(encoding="utf-8"))) == listed


def test_each_line_of_the_list_is_a_reason_that_a_test_gives() -> None:
    texts = [
        path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py") if path.name != "test_skips.py"
    ]
    for pattern in allowed(LIST.read_text(encoding="utf-8")):
        words = pattern.pattern.removesuffix(" .*")
        assert any(words in text for text in texts), f"no test skips because {words}"
