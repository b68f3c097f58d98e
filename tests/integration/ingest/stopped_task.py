"""A step in a process of its own, run and stopped as Airflow's task runner does: ``python -m … STEP JSON``.

What stands for Airflow here is what ``airflow.sdk.execution_time.task_runner`` of 3.3.2 does: SIGTERM calls the
operator's ``on_kill`` in the main thread, and nothing else. The answer is a line of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

from refdata.core.errors import RefdataError
from refdata.core.settings import Settings, specs
from refdata.operators.load import DetectFormatOperator, LoadRowsOperator, RefDataStep

STEPS: dict[str, type[RefDataStep]] = {"detect_format": DetectFormatOperator, "load_rows": LoadRowsOperator}


def start(step: str, settings: Settings, path: str, *, state: str | None, **xcoms: Any) -> subprocess.Popen[str]:
    """Starts a step on a file; ``state`` is what Airflow says of the task when it is asked."""
    changed = {
        spec.name: getattr(settings, spec.name) for spec in specs() if getattr(settings, spec.name) != spec.default
    }
    environment = {f"AIRFLOW__REFDATA__{name.upper()}": str(value) for name, value in changed.items()}
    text = json.dumps({"path": path, "state": state, "xcoms": xcoms})
    return subprocess.Popen(
        [sys.executable, "-m", "tests.integration.ingest.stopped_task", step, text],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment, "PYTHONPATH": "plugins"},
    )


class TaskInstance:
    """A step's requests to Airflow's task instance."""

    dag_id, run_id, try_number, max_tries = "refdata_load", "run", 1, 5

    def __init__(self, step: str, state: str | None, xcoms: dict[str, Any]) -> None:
        self.task_id, self._state, self._xcoms = step, state, xcoms

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> Any:
        return self._xcoms.get(task_ids) if key == "return_value" else None

    def xcom_push(self, key: str, value: Any) -> None:
        self._xcoms[key] = value

    def get_task_states(self, **_: Any) -> dict[str, dict[str, str | None]]:
        return {self.run_id: {self.task_id: self._state}}


def main(step: str, path: str, state: str | None, xcoms: dict[str, Any]) -> str:
    """The category of the error that the step ends with, ``done`` without one."""
    operator = STEPS[step](task_id=step)
    signal.signal(signal.SIGTERM, lambda *_: operator.on_kill())
    context: Any = {"ti": TaskInstance(step, state, xcoms), "run_id": "run", "params": {"path": path}}
    try:
        operator.execute(context)
    except RefdataError as error:
        return error.category
    return "done"


if __name__ == "__main__":
    answer = main(sys.argv[1], **json.loads(sys.argv[2]))
    sys.stdout.write(f"{answer}\n")
    sys.stdout.flush()
    os._exit(0)  # as Airflow's task process ends: threads are not waited for
