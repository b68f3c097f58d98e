"""refdata's DAGs for one dropoff root: ``refdata_dags`` makes those that watch it, load, undo and look after it.

The files in ``dags/`` make the set of Airflow's configuration. Another root needs a file of its own::

    from airflow.sdk import DAG  # Airflow looks for these words in a DAG file

    from refdata.dags import refdata_dags

    globals().update(refdata_dags(root="s3://files@bucket/eu", conn_id="warehouse_eu", prefix="eu_"))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from airflow.sdk import DAG

from refdata.config import load_settings, settings_with
from refdata.core.dagsets import require_apart
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings

_made: dict[str, Settings] = {}
"""The sets of this process by prefix; a file that is parsed again makes the same ones."""


def refdata_dags(*, root: str = "", conn_id: str = "", prefix: str = "", **settings: object) -> dict[str, DAG]:
    """The set of DAGs for a dropoff root, by their ids, for the globals of a DAG file.

    Without arguments it is the set of Airflow's configuration, for installations that have no file of ``dags/``.

    :param root: folder or address of the dropoff root; required with a prefix.
    :param conn_id: connection of the warehouse; default: that of the configuration.
    :param prefix: put before the ids of the DAGs; required for a second set.
    :param settings: any other setting, by its name in ``docs/configuration.md``.
    :raises ConfigurationError: when a setting is unknown or wrong, or the set shares its files, its ledger or its ids
        with another.

    >>> sorted(refdata_dags(root="/data/eu", ref_schema="eu", bkp_schema="eu_bkp", prefix="eu_"))[:2]
    ['eu_refdata_health', 'eu_refdata_load']
    """
    given = {"dropoff_root": root, "conn_id": conn_id, "dag_prefix": prefix}
    chosen = {name: _text(value) for name, value in {**given, **settings}.items() if value not in ("", None)}
    found = settings_with(chosen)
    if chosen:
        _require_second(found, root)
    _made[found.dag_prefix] = found
    dags = [build(found, chosen) for build in _builders()]
    return {dag.dag_id: dag for dag in dags}


def _builders() -> tuple[Callable[[Settings, Mapping[str, str]], DAG], ...]:
    """Imported on use: a file of ``dags/`` needs one of them, and is read again in each of its tasks."""
    from refdata.dags.health import health_dag
    from refdata.dags.load import load_dag
    from refdata.dags.maintenance import maintenance_dag
    from refdata.dags.rollback import rollback_dag
    from refdata.dags.watch import watch_dag

    return watch_dag, load_dag, rollback_dag, health_dag, maintenance_dag


def load_dags() -> dict[str, DAG]:
    """The set of Airflow's configuration; the files that earlier releases wrote call this."""
    return refdata_dags()


def _require_second(found: Settings, root: str) -> None:
    if not root:
        raise ConfigurationError(
            "A set of DAGs with settings of its own needs a root",
            where="refdata_dags",
            advice="Name the folder or address in root. For the set of Airflow's configuration, leave everything out.",
        )
    require_apart(found, [load_settings(), *(one for key, one in _made.items() if key != found.dag_prefix and key)])


def _text(value: object) -> str:
    """A setting as the configuration writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
