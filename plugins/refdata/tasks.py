"""Functions for tasks of your own DAGs, written with ``@task``: see docs/own-dags.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk import get_current_context

from refdata.notifications.assets import TABLES
from refdata.operators.load_file import LoadFileOperator

__all__ = ["TABLES", "load_file"]


def load_file(
    path: str,
    *,
    table: str = "",
    load_type: str = "fullload",
    is_reference_data: bool = True,
    conn_id: str = "",
    contract: str = "",
    answers: Mapping[str, str] | None = None,
    approve: str = "",
) -> dict[str, Any]:
    """Loads one file within a task, and returns its result; the parameters are those of ``LoadFileOperator``.

    A task may load several files, each once. It emits the assets of their tables if it is declared with
    ``@task(outlets=[TABLES])``.

    :raises RefdataError: why the file was not loaded.
    """
    context = get_current_context()
    operator = LoadFileOperator(
        task_id=context["ti"].task_id,
        path=path,
        table=table,
        load_type=load_type,
        is_reference_data=is_reference_data,
        conn_id=conn_id,
        contract=contract,
        answers=answers,
        approve=approve,
    )
    result: dict[str, Any] = operator.perform(context)
    return result
