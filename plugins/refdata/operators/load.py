"""The steps of a load as Airflow operators; each wraps one use case of ``refdata.ingest``."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import time
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from airflow.sdk import BaseOperator, conf
from airflow.sdk.exceptions import AirflowException, AirflowRuntimeError, AirflowTaskTimeout

from refdata import assetstore, config, serial, wiring
from refdata.core.errors import ConnectionLostError, RefdataError, StoppedError, unforeseen
from refdata.core.failure import Failure, failure_of
from refdata.core.loadstates import IN_FLIGHT, PUBLISHED
from refdata.core.model import DroppedFile, FileStatus, Load
from refdata.core.runid import LOAD_DAG
from refdata.core.steps import AFTER_PUBLISHING, LAST_FIRST, MARKED_KEY, Step, failed_step
from refdata.core.turns import Wait
from refdata.ingest.align import align_table
from refdata.ingest.archive import move_to_error, move_to_processed
from refdata.ingest.cancel import cancel, cancellation
from refdata.ingest.configure import run_post_load, write_config
from refdata.ingest.context import Deps, Detection, Loaded
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_rows
from refdata.ingest.review import reject_by_hand
from refdata.ingest.turn import NotYetError
from refdata.notifications import assets, metrics
from refdata.notifications.channels import send
from refdata.notifications.failure import alert_about
from refdata.notifications.lineage import FileToTable, lineage_of
from refdata.notifications.outage import report_recovery
from refdata.notifications.warned import report_warnings
from refdata.operators.away import airflow_away, no_worker, was_given_up
from refdata.operators.stopping import StoppableWork, StoppedEarly
from refdata.sources import source_of
from refdata.triggers.turn import TurnTrigger

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

FAILURE_KEY = "failure"
ASKED_KEY = "asked"
"""XCom of ``review``: a person was asked, so a failure of the task is that person's decision."""
_ENDED = frozenset(("failed", "success", "skipped", "upstream_failed", "removed"))
"""States of a task that somebody marked; one that will run again has another state, or none."""


class RefDataStep(BaseOperator, abc.ABC):
    """A step of ``refdata_load``. The file comes from the run's conf.

    An error of the tree is pushed to XCom as ``failure`` before it is raised, so that the error branch
    can say why. Permanent errors fail at once and transient ones are retried: ``wiring.task_defaults``. Any other
    exception is reported without its text, which goes to logs and may quote a row.

    A person who marks the running task (or its run) ends the load: it is cancelled, see ``ingest.cancel``. So does
    ``load_timeout``. A task that Airflow stops to run it again leaves everything to the next retry.
    """

    ui_color = "#dbe9f6"
    stoppable: ClassVar[bool] = True
    """Whether the step may be cancelled; one that only archives is allowed to finish."""
    _work: StoppableWork[Any] | None = None

    def execute(self, context: Context) -> Any:
        """Runs the step; returns its result as plain JSON types."""
        return self.perform(context)

    def perform(self, context: Context) -> Any:
        """``execute`` for other tasks too: Airflow lets only the task itself call that."""
        self._work = work = self._work or StoppableWork()
        began = time.monotonic()
        try:
            deps = self._connect(context)
            return self._run(work, deps, self._file(deps, context), context)
        except NotYetError as not_yet:
            self.log.info("Not yet: %s", not_yet)
            self._wait(not_yet.wait)
        except AirflowException:
            raise
        except RefdataError as error:
            self._push_failure(error, context)
            raise
        except Exception as error:  # noqa: BLE001  raised again as one of the tree
            unexpected = airflow_away(error) or unforeseen(error)
            self._push_failure(unexpected, context)
            raise unexpected from None
        finally:
            self._work = None
            metrics.step_took(self.task_id, time.monotonic() - began)

    def resume(self, context: Context, event: Any = None) -> Any:  # noqa: ARG002  Airflow's signature
        """Asks again for the table's turn, after the triggerer has waited."""
        return self.perform(context)

    def on_kill(self) -> None:
        """Called when Airflow stops the task, by the SIGTERM handler in the main thread, which waits in ``execute``."""
        if self.stoppable:
            self._work = self._work or StoppableWork()
            self._work.stop()

    def _push_failure(self, error: RefdataError, context: Context) -> None:
        again = self._is_tried_again(error, context)
        failure = Failure.of(error, self.task_id, final=not again)
        with contextlib.suppress(*((AirflowRuntimeError,) if again else ())):  # a retry makes up for it
            context["ti"].xcom_push(key=FAILURE_KEY, value=serial.to_json(failure))

    @abc.abstractmethod
    def step(self, deps: Deps, file: DroppedFile, context: Context) -> Any:
        """Does the step's work."""

    def _connect(self, context: Context) -> Deps:  # noqa: ARG002
        return dataclasses.replace(wiring.connect(), asks=True, is_running=_is_running, is_crowded=_is_crowded)

    def _file(self, deps: Deps, context: Context) -> DroppedFile:
        return wiring.file_of_run(deps.dropoff, context)

    def _run_id(self, context: Context) -> str:
        """The load's run id in the ledger."""
        return context["run_id"]

    def _wait(self, wait: Wait) -> NoReturn:
        """Gives the worker free until the load seems to have its turn."""
        trigger = TurnTrigger(
            load_id=wait.load_id, until=wait.until.isoformat(), expected=wait.expected, chosen=self._chosen()
        )
        self.defer(trigger=trigger, method_name="resume")

    def _chosen(self) -> dict[str, str]:
        """The settings of this set of DAGs that differ from Airflow's configuration."""
        return config.chosen()

    def _run(self, work: StoppableWork[Any], deps: Deps, file: DroppedFile, context: Context) -> Any:
        limit = deps.settings.load_timeout
        try:
            return work.run(lambda: self.step(deps, file, context), limit)
        except (StoppedEarly, AirflowTaskTimeout) as stop:
            if isinstance(stop, AirflowTaskTimeout) or stop.timed_out:
                what = f"The load was stopped after load_timeout ({limit:.0f} s)"
            elif (state := _own_state(context)) in _ENDED:
                what = f"The load was cancelled: its task {self.task_id} was marked {state} in Airflow"
            else:
                deps.warehouse.break_off()
                raise _to_be_repeated(file) from None
            raise cancel(deps, file, what, self._run_id(context), self.task_id) from None

    def _is_tried_again(self, error: RefdataError, context: Context) -> bool:
        ti = context["ti"]
        return wiring.is_retried(error) and ti.try_number <= ti.max_tries


def _is_running(run_id: str) -> bool:
    """Whether a load run is under way; one that is still queued may wait for this very run to end."""
    return assetstore.state_of_run(wiring.dag_id(LOAD_DAG), run_id) == "running"


def _is_crowded() -> bool:
    """Whether a load run is queued: Airflow has begun as many as may be begun at once."""
    return assetstore.runs_in_state(wiring.dag_id(LOAD_DAG), "queued") > 0


def _own_state(context: Context) -> str | None:
    """The task's state as Airflow's database has it now; None when it was cleared."""
    return _states(context).get(context["ti"].task_id)


def _to_be_repeated(file: DroppedFile) -> StoppedError:
    return StoppedError(
        "Airflow stopped the task to run it again",
        where=file.path,
        advice="Nothing: the next retry starts the step again.",
    )


class DetectFormatOperator(RefDataStep):
    """Registers the file, detects its format and scans every row."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """The detection, for the next steps."""
        return serial.to_json(detect_format(deps, file, context["run_id"]))


class AlignTableOperator(RefDataStep):
    """Waits for the table's turn in the triggerer, then creates or widens the table."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """The result, in words."""
        done = align_table(deps, file, detection_of(context))
        self.log.info("Table: %s", done)
        return done


class PublishingStep(RefDataStep, abc.ABC):
    """A step that publishes rows, and reports that to OpenLineage where Airflow's provider for it is installed."""

    _published: FileToTable | None = None

    def published(self, file: DroppedFile, detection: Detection, loaded: Loaded) -> dict[str, Any]:
        """The step's result; remembers what OpenLineage needs. A duplicate or a held load published nothing."""
        if loaded.status in PUBLISHED:
            self._published = FileToTable(file, detection, loaded)
        return serial.to_json(loaded)

    def get_openlineage_facets_on_complete(self, task_instance: object) -> OperatorLineage[Any, Any] | None:  # noqa: ARG002
        """For Airflow's OpenLineage provider, after the task: file and table, None when nothing was published."""
        return lineage_of(wiring.connect(), self._published) if self._published else None


class LoadRowsOperator(PublishingStep):
    """Stages the rows and publishes them in one transaction."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """Rows, rejects and version."""
        detection = detection_of(context)
        return self.published(file, detection, load_rows(deps, file, detection))


class WriteConfigOperator(RefDataStep):
    """Registers a reference table in ``Reference_Data_Cfg`` and calls the post-load procedure."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """The result: inserted, updated, unchanged or no reference table."""
        # With the change gate on, the result comes from the task after the review.
        pushed = context["ti"].xcom_pull(task_ids=Step.PUBLISH) or context["ti"].xcom_pull(task_ids=Step.LOAD)
        loaded = serial.from_json(Loaded, pushed)
        done = write_config(deps, loaded)
        failed = run_post_load(deps, loaded)
        if failed is not None:
            send(alert_about(f"{file.path} is loaded, but its post-load procedure failed", failed, context), context)
        return done


class MoveToProcessedOperator(RefDataStep):
    """Archives the file of a successful load, announces the table's new rows, and reports the load's warnings."""

    stoppable = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "outlets": [assets.TABLES, *kwargs.get("outlets", ())]})

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """The file's archive path."""
        target = move_to_processed(deps, file)
        report_recovery(context, file.path, loaded=True)
        row = deps.ledger.by_run(context["run_id"])
        if row is not None:
            metrics.file_ended(row)
            report_warnings(context, row)
            assets.emit(deps, row, context["outlet_events"])
        return target


class MoveToErrorOperator(RefDataStep):
    """Archives a refused file with the reason beside it, or hands it back to the watcher."""

    stoppable = False
    sleep = staticmethod(time.sleep)

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """The file's archive path; empty when it was handed back, or when the load archived it itself."""
        failure = self._failure(deps, file, context)
        self.log.error("%s failed: %s", failure.task, failure.text)
        target = move_to_error(deps, file, failure, context["run_id"])
        if target:
            report_recovery(context, file.path, loaded=False)
        row = deps.ledger.by_run(context["run_id"])
        if row is not None and row.status not in IN_FLIGHT:
            metrics.file_ended(row)
        return target

    def _connect(self, context: Context) -> Deps:
        """Even when the database is unreachable, the watcher must get the file back, but not one that is loaded."""
        try:
            return wiring.connect()
        except RefdataError:
            if _failed_step(context) not in AFTER_PUBLISHING:
                dropoff = source_of(wiring.settings())
                dropoff.hand_back(wiring.file_of_run(dropoff, context))
            raise

    def _failure(self, deps: Deps, file: DroppedFile, context: Context) -> Failure:
        for task in LAST_FIRST:
            pushed = context["ti"].xcom_pull(task_ids=task, key=FAILURE_KEY)
            if pushed:
                failure = serial.from_json(Failure, pushed)
                if failure.final or not _is_marked(context, task):
                    return failure
                return _by_hand(file, task, f"while it waited for a retry: {failure.what}")
        return self._unsaid(deps, file, context)

    def _unsaid(self, deps: Deps, file: DroppedFile, context: Context) -> Failure:
        """Why a step failed without saying so: somebody marked it, no worker began it in time, or it was killed."""
        deps.warehouse.initialise()  # the very first load may have died before it did this
        row = deps.ledger.by_run(context["run_id"])
        marked = next((task for task in LAST_FIRST if _is_marked(context, task)), None)
        if marked == Step.ALIGN and row is not None and row.status is FileStatus.PENDING:
            return _by_hand(file, marked, "while it waited for its turn")
        if row is not None and row.status is FileStatus.REVIEW and _was_asked(context):
            return Failure.of(reject_by_hand(deps, row), Step.REVIEW)
        row = self._settled(deps, context["run_id"])
        if row is not None and row.status is FileStatus.CANCELLED:
            return failure_of(row)
        if marked:
            return _by_hand(file, marked, "before it was done")
        if was_given_up(deps, row, _failed_step(context)):
            return no_worker(context["run_id"], _failed_step(context))
        return Failure(
            category="internal",
            what="A step ended without saying why: it was killed, or ran into an unforeseen error",
            where=context["run_id"],
            advice="Read the failed task's log in Airflow; drop the file again when the cause is fixed.",
            transient=False,
            task=_failed_step(context),
        )

    def _settled(self, deps: Deps, run_id: str) -> Load | None:
        """The load's row, once its process has had time to end it.

        Airflow starts this task as soon as somebody marks the running one as failed; that one learns of it at its next
        heartbeat, and cancels the load itself.
        """
        row = deps.ledger.by_run(run_id)
        for _ in range(2 * (2 * conf.getint("workers", "min_heartbeat_interval") + 5)):
            if row is None or row.status not in IN_FLIGHT:
                break
            self.sleep(0.5)
            row = deps.ledger.by_run(run_id)
        return row


def _states(context: Context) -> dict[str, str | None]:
    """The states of the run's tasks."""
    ti = context["ti"]
    states: dict[str, str | None] = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id) or {}
    return states


def _failed_step(context: Context) -> str:
    """The step that failed last, ``unknown`` when Airflow reports none."""
    return failed_step(_states(context))


def _is_marked(context: Context, task: str) -> bool:
    """Whether somebody marked a task failed in Airflow, which says so to ``plugin.listener``."""
    return bool(context["ti"].xcom_pull(task_ids=task, key=MARKED_KEY))


def _was_asked(context: Context) -> bool:
    """Whether a person was asked about the load, and marked the waiting task instead of answering."""
    return (
        bool(context["ti"].xcom_pull(task_ids=Step.REVIEW, key=ASKED_KEY)) and _states(context)[Step.REVIEW] == "failed"
    )


def _by_hand(file: DroppedFile, task: str, when: str) -> Failure:
    what = f"The load was cancelled: its task {task} was marked failed in Airflow {when}"
    return Failure.of(cancellation(what, file.path), task)


def detection_of(context: Context) -> Detection:
    """The first step's result, for the later ones."""
    pushed = context["ti"].xcom_pull(task_ids=Step.DETECT)
    if pushed is None:
        raise ConnectionLostError("The result of detect_format is missing", advice="Clear the run from its first task.")
    return serial.from_json(Detection, pushed)
