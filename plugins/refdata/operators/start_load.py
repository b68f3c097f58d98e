"""Starts the loads of released files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import XCOM_RUN_ID, TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowRuntimeError, AirflowSkipException, DagRunTriggerException, ErrorType
from airflow.sdk.execution_time import task_runner
from airflow.sdk.execution_time.comms import ErrorResponse, TriggerDagRun

if TYPE_CHECKING:
    from airflow.sdk import Context


class StartLoadOperator(TriggerDagRunOperator):
    """Airflow's ``TriggerDagRunOperator`` for several runs of one DAG, with nothing rendered.

    A run id follows from its file's identity: a run that there is already is left alone, and a task that started none
    is skipped. When Airflow cannot create one, the task fails, and its next try finds those that it has created.

    A mapped ``conf`` is rendered by Jinja, since ``expand_kwargs`` exempts strings but not collections (measured on
    Airflow 3.3.2). A file called ``{{ conn.x.password }}.csv`` would then put the password into the run's conf. A
    file's name is data.

    :param runs: ``trigger_run_id``, ``conf`` and ``run_after`` (ISO 8601 with its zone) of each run, in the order in
        which they are created.
    """

    template_fields = ()

    def __init__(self, *, runs: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.runs = runs

    @property
    def label(self) -> str:
        """The task's name in Airflow's pages: its last run, whose link it has, and how many others."""
        others = len(self.runs) - 1
        return str(self.runs[-1]["trigger_run_id"]) + (f" and {others} before it" if others else "")

    def execute(self, context: Context) -> None:
        """Creates the runs that are missing."""
        started = [run["trigger_run_id"] for run in self.runs if self._start(run, context)]
        if not started:
            raise AirflowSkipException(f"Nothing to start: all {len(self.runs)} runs exist")
        context["ti"].xcom_push(key=XCOM_RUN_ID, value=started[-1])

    def _start(self, run: Mapping[str, Any], context: Context) -> bool:
        """Whether the run was missing, and is there now."""
        self.trigger_run_id, self.conf, self.run_after = run["trigger_run_id"], run["conf"], run["run_after"]
        try:
            super().execute(context)
        except DagRunTriggerException as asked:  # Airflow would create the run when the task ends
            answer = task_runner.SUPERVISOR_COMMS.send(_request(asked))
        if isinstance(answer, ErrorResponse) and answer.error is not ErrorType.DAGRUN_ALREADY_EXISTS:
            raise AirflowRuntimeError(answer)
        missing = not isinstance(answer, ErrorResponse)
        self.log.info("%s: %s", self.trigger_run_id, "started" if missing else "exists already")
        return missing


def _request(asked: DagRunTriggerException) -> TriggerDagRun:
    return TriggerDagRun(
        dag_id=asked.trigger_dag_id,
        run_id=asked.dag_run_id,
        conf=asked.conf,
        logical_date=asked.logical_date,
        run_after=asked.run_after,
        reset_dag_run=asked.reset_dag_run,
        note=asked.note,
    )
