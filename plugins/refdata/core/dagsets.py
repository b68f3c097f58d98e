"""What two sets of refdata's DAGs must not share. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.settings import Settings

_WHERE = "refdata_dags"


def require_apart(new: Settings, others: Iterable[Settings]) -> None:
    """Checks that a set of DAGs has its own ids, files and tables.

    :param new: the settings of the set, with absolute paths; ``others``: those of the other sets.
    :raises ConfigurationError: naming what it shares.

    >>> main = Settings(dropoff_root="/data/drop")
    >>> require_apart(Settings(dropoff_root="/data/eu", ref_schema="eu", bkp_schema="eu_bkp", dag_prefix="eu_"), [main])
    """
    for other in others:
        _require_other_ids(new, other)
        _require_other_files(new, other)
        _require_other_tables(new, other)


def _require_other_ids(new: Settings, other: Settings) -> None:
    if new.dag_prefix == other.dag_prefix:
        raise ConfigurationError(
            f"Two sets of DAGs have the prefix {new.dag_prefix!r}",
            where=_WHERE,
            advice="Give each set a prefix of its own; that of Airflow's configuration is dag_prefix, or none.",
        )


def _require_other_files(new: Settings, other: Settings) -> None:
    one, two = (f"{settings.dropoff_root.rstrip('/')}/" for settings in (new, other))
    if one.startswith(two) or two.startswith(one):
        raise ConfigurationError(
            f"The dropoff root {new.dropoff_root} overlaps with that of another set, {other.dropoff_root}",
            where=_WHERE,
            advice="Give each set a root of its own: both would load the same files.",
        )


def _require_other_tables(new: Settings, other: Settings) -> None:
    if new.conn_id != other.conn_id:
        return
    schemas = {fold_name(name) for name in (new.ref_schema, new.bkp_schema)}
    shared = schemas & {fold_name(name) for name in (other.ref_schema, other.bkp_schema)}
    if shared:
        raise ConfigurationError(
            f"Two sets of DAGs share the schema {', '.join(sorted(shared))} of connection {new.conn_id}",
            where=_WHERE,
            advice="Give the set another conn_id, or its own ref_schema and bkp_schema: a ledger knows one root.",
        )
