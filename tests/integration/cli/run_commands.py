"""Runs several commands of ``refdata`` in one process, which starts Airflow once: its import takes seconds each time.

The argument is a JSON list of commands, each a list of arguments and the environment variables that it adds; the answer
is a JSON list of exit code, error output, and the names in ``AIRFLOW_HOME`` afterwards.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

from refdata.cli import main
from refdata.config import load_settings


def run(arguments: list[str], variables: dict[str, str]) -> tuple[int, str, list[str]]:
    load_settings.cache_clear()
    said = io.StringIO()
    with patch.dict(os.environ, variables), contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        code = main(arguments)
    return code, said.getvalue(), sorted(path.name for path in Path(os.environ["AIRFLOW_HOME"]).iterdir())


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps([run(*command) for command in json.loads(sys.argv[1])]))
