"""Starts the load of a released file."""

from __future__ import annotations

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator


class StartLoadOperator(TriggerDagRunOperator):
    """Airflow's ``TriggerDagRunOperator``, with nothing rendered.

    A mapped ``conf`` is rendered by Jinja, since ``expand_kwargs`` exempts strings but not collections (measured on
    Airflow 3.3.2). A file called ``{{ conn.x.password }}.csv`` would then put the password into the run's conf. A
    file's name is data.
    """

    template_fields = ()
