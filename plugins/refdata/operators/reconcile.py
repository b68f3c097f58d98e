"""``refdata doctor --repair`` as a task: soon after a start, and then at intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from refdata import assetstore, wiring
from refdata.core.errors import TransientError
from refdata.core.loadstates import RunState
from refdata.core.runid import CLI_RUN, LOAD_DAG, TASK_RUN
from refdata.core.steps import Step
from refdata.ingest import reconcile

if TYPE_CHECKING:
    from airflow.sdk import Context

_ENDED = ("success", "failed")


class ReconcileOperator(BaseOperator):
    """Repairs what no step comes back to, where only one repair is possible; logs the rest."""

    def execute(self, context: Context) -> list[str]:  # noqa: ARG002
        """The problems left for a person, one sentence each.

        :raises AirflowSkipException: when the database is down: the next run checks again, and health reports it.
        """
        try:
            deps = wiring.connect()
            deps.warehouse.initialise()
            results = reconcile.repair(reconcile.find_defects(deps, state_of_run))
        except TransientError as error:
            raise AirflowSkipException(f"Not now: {error}") from error
        for finding, left in results:
            self.log.info(
                "%s %s: %s; %s: %s", finding.kind, finding.where, finding.what, finding.remedy, left or "done"
            )
        return [f"{finding.where}: {finding.what}. {left}" for finding, left in results if left]


def state_of_run(run_id: str) -> RunState:
    """Airflow's state of a run of ``refdata_load``, for a task, which may not read Airflow's database."""
    if not run_id or run_id.startswith((CLI_RUN, TASK_RUN)):
        return RunState.UNKNOWN
    state = assetstore.state_of_run(wiring.dag_id(LOAD_DAG), run_id)
    if state is None:
        return RunState.UNKNOWN
    if state not in _ENDED:
        return RunState.ACTIVE
    return wiring.state_of_ended([assetstore.states_of_tasks(wiring.dag_id(LOAD_DAG), run_id).get(Step.REFUSE)])
