"""Asks a person in Airflow's UI (``ApprovalOperator``): before a held load is published, before a table is rolled back.

The question is built when the task runs, never from a template, because it contains names from files. Airflow stores
it in its own database, so it has counts and a link to the page, and rows only with ``gate_show_rows``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import BaseOperator, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import DownstreamTasksSkipped

from refdata import serial, wiring
from refdata.api import ReferenceData
from refdata.core.diffreport import as_markdown
from refdata.core.errors import ConfigurationError
from refdata.core.model import DroppedFile, FileStatus
from refdata.core.questionform import KEEP, REASON, QuestionForm, answers_of, form_of
from refdata.core.questions import Given, Question
from refdata.core.steps import ASKING, Step
from refdata.ingest.answered import load_answered
from refdata.ingest.asking import open_questions
from refdata.ingest.configure import has_nothing_to_configure
from refdata.ingest.context import Deps
from refdata.ingest.load import load_or_hold, load_reviewed
from refdata.ingest.review import Answer, Held
from refdata.notifications.failure import page_url
from refdata.operators.load import ASKED_KEY, PublishingStep, detection_of

if TYPE_CHECKING:
    from airflow.sdk import Context

HELD_KEY = "held"
_KEEP = "The answers count for the later files of the table too, until somebody withdraws them."
_WHY = "Why you approve or reject. The buttons need it, and the audit trail records it."
NOBODY = "gate_default"
"""The name recorded when no answer came in time."""


class StageRowsOperator(PublishingStep):
    """Stages the rows and publishes them, unless the change gate or a question requires a person first.

    A load that is not held skips the tasks that ask, and ``write_config`` where it would do nothing: none of them costs
    a process then.
    """

    _idle: frozenset[str] = frozenset()

    def perform(self, context: Context) -> Any:
        """The step's result; see ``RefDataStep.perform``."""
        result = super().perform(context)
        if result["status"] == FileStatus.REVIEW:
            return result
        context["ti"].xcom_push(key="return_value", value=result)
        raise DownstreamTasksSkipped(tasks=sorted(ASKING | self._idle))  # type: ignore[no-untyped-call]

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """Rows, rejects and version; status ``review`` when the load is held."""
        detection = detection_of(context)
        loaded, held = load_or_hold(deps, file, detection)
        if held is not None:
            context["ti"].xcom_push(key=HELD_KEY, value=serial.to_json(held))
        if has_nothing_to_configure(deps, loaded):
            self._idle = frozenset((Step.CONFIGURE.value,))
        return self.published(file, detection, loaded)


class _AskOperator(ApprovalOperator):
    """Asks a question with Approve, Reject and a reason field; the answer is the task's result.

    A rejection is an answer like any other: nothing is skipped because of it.
    """

    template_fields = ()
    inherits_from_skipmixin = False

    def __init__(self, *, subject: str, timeout: timedelta, default: str, **kwargs: Any) -> None:
        # In a DAG with params, Airflow passes those to each of its operators.
        kwargs["params"] = {"reason": Param("", type="string", title="Reason", description=_WHY)}
        super().__init__(
            subject=subject,
            defaults=self.APPROVE if default == "approve" else self.REJECT,
            response_timeout=timeout,
            **kwargs,
        )

    def ask(self, context: Context, subject: str, body: str) -> Any:
        """Waits for the answer without a worker; ``execute_complete`` receives it."""
        self.subject, self.body = subject, body
        return HITLOperator.execute(self, context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Who decided what, as plain JSON types."""
        response = HITLOperator.execute_complete(self, context, event)
        user = response["responded_by_user"] or {}
        reason = str((response["params_input"] or {}).get("reason") or "")
        by = user.get("name") or user.get("id") or NOBODY
        if by == NOBODY and not reason:
            reason = f"no answer within {self.response_timeout}"
        return {"approved": response["chosen_options"] == [self.APPROVE], "by": by, "reason": reason}


class ReviewOperator(_AskOperator):
    """Asks about a held load; passes at once when there is nothing to ask."""

    def execute(self, context: Context) -> Any:
        """The answer, or None when there is nothing to ask."""
        pushed = context["ti"].xcom_pull(task_ids=Step.LOAD, key=HELD_KEY)
        loaded = context["ti"].xcom_pull(task_ids=Step.LOAD)
        if loaded["status"] != FileStatus.REVIEW:
            return None
        if pushed is None:
            return self._ask_questions(context, loaded["load_id"])
        held = self._held(context)
        body = f"{held.body}{_rows_at(view='file', id=held.load_id)}"
        if wiring.settings().gate_show_rows:
            diff = ReferenceData.connect().held_diff(held.load_id)
            body = f"{body}\n{as_markdown(diff, with_rows=True)}"
        context["ti"].xcom_push(key=ASKED_KEY, value=True)
        return self.ask(context, held.subject, body)

    def _ask_questions(self, context: Context, load_id: int) -> Any:
        """Waits for the answers to the load's questions; passes when they were given elsewhere meanwhile."""
        questions = _open_questions(load_id)
        if not questions:
            return None
        form = self._show(form_of(questions, with_examples=wiring.settings().gate_show_rows))
        context["ti"].xcom_push(key=ASKED_KEY, value=True)
        return self.ask(context, form.subject, f"{form.body}{_rows_at(view='file', id=load_id)}")

    def _show(self, form: QuestionForm) -> QuestionForm:
        """Gives Airflow's form the questions' buttons and fields, in place of those of the change gate."""
        self.options, self.defaults = list(form.options), [form.default]
        fields = {
            field.name: Param(field.default, type="string", title=field.title, enum=list(field.choices))
            for field in form.fields
        }
        if form.keepable:
            fields[KEEP] = Param(False, type="boolean", title="Keep for later files", description=_KEEP)
        self.params = ParamsDict({**fields, REASON: Param("", type="string", title="Reason", description=_WHY)})
        return form

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """See ``_AskOperator.execute_complete``; of questions, the answers as JSON's own types."""
        if context["ti"].xcom_pull(task_ids=Step.LOAD, key=HELD_KEY) is not None:
            self._held(context)
            return super().execute_complete(context, event)
        questions = _open_questions(context["ti"].xcom_pull(task_ids=Step.LOAD)["load_id"])
        self._show(form_of(questions))
        response = HITLOperator.execute_complete(self, context, event)
        user = response["responded_by_user"] or {}
        fields = response["params_input"] or {}
        by = user.get("name") or user.get("id") or NOBODY
        unsaid = f"no answer within {self.response_timeout}" if by == NOBODY else ""
        reason = str(fields.get(REASON) or "") or unsaid
        answers = answers_of(questions, response["chosen_options"][0], fields, by, reason)
        return {"answers": [serial.to_json(answer) for answer in answers], "by": by, "reason": reason}

    def _held(self, context: Context) -> Held:
        """The waiting load; from now on its table's own timeout and default apply."""
        held = serial.from_json(Held, context["ti"].xcom_pull(task_ids=Step.LOAD, key=HELD_KEY))
        self.response_timeout = timedelta(seconds=held.timeout)
        self.defaults = [self.APPROVE if held.default == "approve" else self.REJECT]
        return held


class PublishRowsOperator(PublishingStep):
    """Publishes a held load that was approved; the result of an earlier publish is passed on."""

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """Rows, rejects and version."""
        said = context["ti"].xcom_pull(task_ids=Step.REVIEW)
        loaded: dict[str, Any] = context["ti"].xcom_pull(task_ids=Step.LOAD)
        if said is None and loaded["status"] != FileStatus.REVIEW:
            return loaded
        if said is None or "answers" in said:
            answers = [serial.from_json(Given, answer) for answer in (said or {}).get("answers", ())]
            return self.published(file, *load_answered(deps, file, context["run_id"], loaded["load_id"], answers))
        held = serial.from_json(Held, context["ti"].xcom_pull(task_ids=Step.LOAD, key=HELD_KEY))
        answer = Answer(said["approved"], said["by"], said["reason"], held.facts)
        detection = detection_of(context)
        return self.published(file, detection, load_reviewed(deps, file, detection, answer))


def _open_questions(load_id: int) -> tuple[Question, ...]:
    deps = wiring.connect()
    row = deps.ledger.get(load_id)
    return tuple(one.question for one in open_questions(deps, row)) if row else ()


class ReviewRollbackOperator(_AskOperator):
    """Shows what a rollback would change, and asks."""

    def execute(self, context: Context) -> Any:
        """The answer, with the live version that the reviewer saw.

        :raises DataError: when there is no such table or version, or the version is live.
        """
        table, version, reason = _wish(context)
        data = ReferenceData.connect()
        live = data.live_version(table)
        data.check_rollback(table, version)
        with_rows = data.settings.gate_show_rows
        body = as_markdown(data.diff(table, live, version), (f"Reason given: {reason}",), with_rows=with_rows)
        body += _rows_at(view="table", name=table, a=live, b=version)
        context["ti"].xcom_push(key="live", value=live)
        subject = f"Roll {table} back from version {live} to version {version}?"
        return self.ask(context, subject, body)


class RollBackOperator(BaseOperator):
    """Rolls the table back when approved; once, however often it is retried."""

    def execute(self, context: Context) -> dict[str, Any] | None:
        """The result; None when it was rejected.

        :raises DataError: when the table was loaded after the reviewer looked.
        :raises LockTimeoutError: while a load of the table is running; the task is retried.
        """
        table, version, wanted = _wish(context)
        said = context["ti"].xcom_pull(task_ids="review")
        if not said["approved"]:
            self.log.info("%s rejected the rollback: %s", said["by"], said["reason"])
            return None
        # Airflow pre-fills the reviewer's field with the form's reason, which most people leave unchanged.
        reason = wanted if said["reason"] in ("", wanted) else f"{wanted}; {said['reason']}"
        live = context["ti"].xcom_pull(task_ids="review", key="live")
        done = ReferenceData.connect().rollback(
            table, version, reason=reason, by=said["by"], request_id=context["run_id"], expected=live,
            accept_orphans=bool(context["params"].get("accept_orphans")),
        )  # fmt: skip
        self.log.info("%s is now at version %s: %s rows", done.table, done.version, done.rows)
        for warning in done.warnings:
            self.log.warning("%s", warning)
        return serial.to_json(done)


def _rows_at(**view: object) -> str:
    """A link to the rows, for those allowed to see them."""
    return f"\n\n[See the rows]({page_url(**view)}) on refdata's page.\n"


def _wish(context: Context) -> tuple[str, int, str]:
    """Table, version and reason of the form."""
    given = context["params"]
    table, reason = str(given["table"]).strip(), str(given["reason"]).strip()
    if not table or not reason:
        raise ConfigurationError(
            "The form needs a table and a reason", where="refdata_rollback", advice="Trigger it again with both."
        )
    return table, int(given["version"]), reason
