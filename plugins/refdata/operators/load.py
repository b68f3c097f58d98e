"""The steps of a load as Airflow operators; each wraps one use case of ``refdata.ingest``."""

from __future__ import annotations

import abc
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator, timezone
from airflow.sdk.exceptions import AirflowException, AirflowRescheduleException

from refdata import serial, wiring
from refdata.core.errors import ConnectionLostError, RefdataError, unforeseen
from refdata.core.model import DroppedFile
from refdata.dropoff import Dropoff
from refdata.ingest.align import NotYetError, align_table
from refdata.ingest.archive import Failure, move_to_error, move_to_processed
from refdata.ingest.configure import run_post_load, write_config
from refdata.ingest.context import Deps, Detection
from refdata.ingest.detect import detect_format
from refdata.ingest.load import Loaded, load_rows
from refdata.notifications.channels import send
from refdata.notifications.failure import alert_about
from refdata.notifications.outage import tell_recovery

if TYPE_CHECKING:
    from airflow.sdk import Context

FAILURE_KEY = "failure"


class RefDataStep(BaseOperator, abc.ABC):
    """A step of ``refdata_load``. The file comes from the run's conf.

    An error of the tree is pushed to XCom as ``failure`` before it is raised, so that the error branch
    can say why. Permanent ones fail at once and transient ones are retried: ``wiring.retry_policy``. Any other
    exception is told without its text, which goes to logs and may quote a row.
    """

    ui_color = "#dbe9f6"

    def execute(self, context: Context) -> Any:
        """Runs the step; returns its result as JSON's own types."""
        try:
            deps = self._connect(context)
            return self.step(deps, wiring.file_of_run(deps.dropoff, context), context)
        except NotYetError as wait:
            self.log.info("Not yet: %s", wait)
            raise AirflowRescheduleException(timezone.utcnow() + self._turn_poll()) from None  # type: ignore[no-untyped-call]
        except AirflowException:
            raise
        except RefdataError as error:
            self._tell(error, context)
            raise
        except Exception as error:  # noqa: BLE001  raised again as one of the tree
            told = unforeseen(error)
            self._tell(told, context)
            raise told from None

    def _tell(self, error: RefdataError, context: Context) -> None:
        context["ti"].xcom_push(key=FAILURE_KEY, value=serial.to_json(Failure.of(error, self.task_id)))

    @abc.abstractmethod
    def step(self, deps: Deps, file: DroppedFile, context: Context) -> Any:
        """What the step does."""

    def _connect(self, context: Context) -> Deps:  # noqa: ARG002
        return wiring.connect()

    def _turn_poll(self) -> timedelta:
        return timedelta(seconds=wiring.settings().turn_poll_interval)


class DetectFormatOperator(RefDataStep):
    """Registers the file, detects its format and scans every row."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """The detection, for the next steps."""
        return serial.to_json(detect_format(deps, file, context["run_id"]))


class AlignTableOperator(RefDataStep):
    """Waits for the table's turn by rescheduling itself, then creates or widens the table."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """What was done, in words."""
        done = align_table(deps, file, _detection(context))
        self.log.info("Table: %s", done)
        return done


class LoadRowsOperator(RefDataStep):
    """Stages the rows and publishes them in one transaction."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """Rows, rejects and version."""
        return serial.to_json(load_rows(deps, file, _detection(context)))


class WriteConfigOperator(RefDataStep):
    """Registers a reference table in ``Reference_Data_Cfg`` and calls the post-load procedure."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """What was done: inserted, updated, unchanged or no reference table."""
        loaded = serial.from_json(Loaded, context["ti"].xcom_pull(task_ids="load_rows"))
        done = write_config(deps, loaded)
        failed = run_post_load(deps, loaded)
        if failed is not None:
            send(alert_about(f"{file.path} is loaded, its post-load procedure failed", failed, context), context)
        return done


class MoveToProcessedOperator(RefDataStep):
    """Archives the file of a load that went well."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """Where the file lies now."""
        target = move_to_processed(deps, file)
        tell_recovery(context, file.path, loaded=True)
        return target


class MoveToErrorOperator(RefDataStep):
    """Archives a refused file with the reason beside it, or hands it back to the watcher."""

    steps = ("write_config", "load_rows", "align_table", "detect_format")

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> str:
        """Where the file lies now; empty when it was handed back."""
        failure = self._failure(context)
        self.log.error("%s failed: %s", failure.task, failure.text)
        target = move_to_error(deps, file, failure, context["run_id"])
        if target:
            tell_recovery(context, file.path, loaded=False)
        return target

    def _connect(self, context: Context) -> Deps:
        """Even when nothing is known of the database, the watcher must get the file back."""
        try:
            return wiring.connect()
        except RefdataError:
            dropoff = Dropoff.of(wiring.settings())
            dropoff.hand_back(wiring.file_of_run(dropoff, context))
            raise

    def _failure(self, context: Context) -> Failure:
        for task in self.steps:
            found = context["ti"].xcom_pull(task_ids=task, key=FAILURE_KEY)
            if found:
                return serial.from_json(Failure, found)
        return Failure(
            category="internal",
            message="A step ended without saying why: it was killed, or ran into an unforeseen error",
            where=context["run_id"],
            advice="Read the failed task's log in Airflow; drop the file again when the cause is mended.",
            transient=False,
            task="unknown",
        )


def _detection(context: Context) -> Detection:
    found = context["ti"].xcom_pull(task_ids="detect_format")
    if found is None:
        raise ConnectionLostError("The result of detect_format is missing", advice="Clear the run from its first task.")
    return serial.from_json(Detection, found)
