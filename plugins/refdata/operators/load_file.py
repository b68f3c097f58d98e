"""Loads a file that another DAG names, in one task: see docs/own-dags.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import conf, timezone
from airflow.sdk.exceptions import AirflowRescheduleException

from refdata import serial, wiring
from refdata.core.errors import ConfigurationError, HeldError, RefdataError
from refdata.core.model import DROPPED_TYPES, DroppedFile, Load, LoadType
from refdata.core.naming import fold_name
from refdata.core.questions import Given, Question
from refdata.core.settings import Settings
from refdata.core.turns import Wait
from refdata.ingest.asking import QuestionsError
from refdata.ingest.context import Deps, Loaded
from refdata.ingest.handing import HandedFile, give_up, hand_over, path_of
from refdata.ingest.process import TurnTakenError, process
from refdata.ingest.review import Approval
from refdata.ingest.turn import NotYetError
from refdata.notifications import assets, metrics
from refdata.operators.load import RefDataStep
from refdata.sources import given_file, require_outside

if TYPE_CHECKING:
    from airflow.sdk import Context

RESCHEDULED = timedelta(seconds=15)
"""Between two attempts to get the turn where the wait takes place in no triggerer: each costs a task's start."""


class LoadFileOperator(RefDataStep):
    """Loads one file into its table: all steps of ``refdata_load``, through the same ledger, in one task.

    A copy is loaded and archived like a dropped file; the original stays where it is. A retry continues what an earlier
    attempt began. A task that is cleared loads nothing unless the file has changed since. No person is asked: a load
    that would be held fails, unless ``answers`` or ``approve`` settle the matter beforehand.

    The task's result has ``load_id``, ``table``, ``rows``, ``rejected``, ``version`` and ``status`` (``completed``, or
    ``duplicate`` when the table contained the file's content). The task emits the asset of the table.

    >>> load = LoadFileOperator(task_id="load", path="/data/in/rates.csv", table="exchange_rates", load_type="append")

    :param path: absolute path on the worker, or the address of an object, such as ``s3://my_aws@landing/rates.csv``
        (templated).
    :param table: the table; empty: the one that the file's name gives (templated).
    :param load_type: ``fullload`` replaces the table's rows, ``append`` adds to them.
    :param is_reference_data: whether the table is registered as reference data.
    :param conn_id: Airflow connection of the database; empty: the setting ``conn_id``.
    :param contract: path of the table's contract, ``<table>.yaml``, or of a folder of contracts; empty: the settings'.
    :param answers: answers to questions of the load, by their names: ``{"column_missing:price": "empty"}``.
    :param approve: why the load may exceed the limits of the change gate; empty: it may not.
    :param deferrable: whether the wait for another load of the table takes place in the triggerer.
    :raises ConfigurationError: when an argument is wrong.
    """

    template_fields = ("path", "table")

    def __init__(
        self,
        *,
        path: str,
        table: str = "",
        load_type: str = LoadType.FULL.value,
        is_reference_data: bool = True,
        conn_id: str = "",
        contract: str = "",
        answers: Mapping[str, str] | None = None,
        approve: str = "",
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        **kwargs: Any,
    ) -> None:
        # The DAG's own default_args count; where they say nothing, a transient failure is retried as in refdata_load.
        kwargs["default_args"] = {**wiring.task_defaults(wiring.settings()), **(kwargs.get("default_args") or {})}
        kwargs["outlets"] = [assets.TABLES, *(kwargs.get("outlets") or ())]
        super().__init__(**kwargs)
        self.path = path
        self.table = table
        self.load_type = _load_type(load_type, self.task_id).value
        self.is_reference_data = is_reference_data
        self.conn_id = conn_id
        self.contract = contract
        self.answers = dict(answers or {})
        self.approve = approve
        self.deferrable = deferrable
        self._wish: HandedFile | None = None

    def step(self, deps: Deps, file: DroppedFile, context: Context) -> dict[str, Any]:
        """Runs all steps; announces the table's new rows."""
        approval = Approval(self._name(context), self.approve) if self.approve else None
        run_id = self._run_id(context)
        try:
            row = process(deps, file, run_id, approval=approval, answers=lambda one: self._answer(one, context))
        except TurnTakenError as taken:
            if taken.wait is None:
                raise
            raise NotYetError(str(taken), taken.wait) from None
        except HeldError as error:
            raise _unasked(error) from None
        deps.dropoff.clear(file.path)
        self._report(deps, row, context)
        return serial.to_json(_result(row))

    def _connect(self, context: Context) -> Deps:  # noqa: ARG002
        return wiring.connect(_chosen(wiring.settings(), self.conn_id, self.contract, self.table))

    def _file(self, deps: Deps, context: Context) -> DroppedFile:
        given = given_file(self.path)
        require_outside(given.place, deps.settings)
        ti = context["ti"]
        task = (ti.dag_id, ti.task_id, context["run_id"], ti.map_index)
        self._wish = HandedFile(given, task, LoadType(self.load_type), self.is_reference_data, self.table)
        return hand_over(deps, self._wish)

    def _run_id(self, context: Context) -> str:
        return self._wish.run_id if self._wish else context["run_id"]

    def _wait(self, wait: Wait) -> NoReturn:
        if self.deferrable:
            super()._wait(wait)
        raise AirflowRescheduleException(timezone.utcnow() + RESCHEDULED)  # type: ignore[no-untyped-call]

    def _chosen(self) -> dict[str, str]:
        return {**super()._chosen(), **({"conn_id": self.conn_id} if self.conn_id else {})}

    def _push_failure(self, error: RefdataError, context: Context) -> None:
        super()._push_failure(error, context)
        if self._wish is not None and not self._is_tried_again(error, context):
            self._refuse(self._wish, error, context)

    def _refuse(self, wish: HandedFile, error: RefdataError, context: Context) -> None:
        """Archives the copy when no attempt is left: the doctor does it later where this fails too."""
        try:
            deps = self._connect(context)
            target = give_up(deps, path_of(deps, wish), error, wish.run_id)
        except RefdataError as fault:
            self.log.warning("The copy of %s stays for the doctor: %s", wish.given.place, fault)
        else:
            self.log.info("The copy of %s is archived: %s", wish.given.place, target or "by the load itself")

    def _answer(self, question: Question, context: Context) -> Given | None:
        choice = self.answers.get(question.name)
        reason = "stated in the DAG"
        return None if choice is None else Given(question.fingerprint, choice, self._name(context), reason, False)

    def _name(self, context: Context) -> str:
        return f"{context['ti'].dag_id}.{context['ti'].task_id}"

    def _report(self, deps: Deps, row: Load, context: Context) -> None:
        for warning in row.warnings:
            self.log.warning("%s", warning)
        metrics.file_ended(row)
        if assets.TABLES in context["task"].outlets:
            assets.emit(deps, row, context["outlet_events"])


def _load_type(wanted: str, task_id: str) -> LoadType:
    if wanted in DROPPED_TYPES:
        return LoadType(wanted)
    raise ConfigurationError(
        f"There is no load type {wanted!r}",
        where=f"load_type of task {task_id}",
        advice="Write fullload (the file replaces the table's rows) or append (it adds to them).",
    )


def _chosen(settings: Settings, conn_id: str, contract: str, table: str) -> Settings:
    """The settings with the task's own connection and contract."""
    chosen = dataclasses.replace(settings, conn_id=conn_id or settings.conn_id)
    if not contract:
        return chosen
    path = Path(contract)
    if path.is_dir():
        return dataclasses.replace(chosen, contracts_folder=contract)
    if not path.is_file():
        raise ConfigurationError(
            "There is no such contract", where=contract, advice="Correct the path; every worker must have the file."
        )
    if table and fold_name(path.stem) != fold_name(table):
        raise ConfigurationError(
            f"The contract is that of table {path.stem}, and the task loads {table}",
            where=contract,
            advice=f"Name the file {table}{path.suffix}, or correct the task's table.",
        )
    return dataclasses.replace(chosen, contracts_folder=str(path.parent))


def _unasked(error: HeldError) -> ConfigurationError:
    """Why a load would be held, with the arguments that settle it: nobody can be asked here."""
    settled = 'approve="…" with the reason why it may'
    if isinstance(error, QuestionsError):
        asked = error.questions[0]
        settled = " or ".join(f'answers={{"{asked.name}": "{one.key}"}} ({one.label})' for one in asked.choices)
    return ConfigurationError(error.what, where=error.where, advice=f"Give the task {settled}, and clear it.")


def _result(row: Load) -> Loaded:
    counts = row.rows_loaded or 0, row.rows_rejected or 0
    return Loaded(row.id, row.table_name, *counts, row.version_id or 0, row.status)
