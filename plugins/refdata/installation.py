"""``refdata init``: connection, own tables, folders and settings of a new installation, each only where it is missing.

The database comes first: if the connection does not work, nothing is written.
"""

from __future__ import annotations

import dataclasses
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from airflow.configuration import conf

from refdata.config import absolute, airflow_home
from refdata.core.cfgtext import with_options
from refdata.core.errors import ConfigurationError
from refdata.core.settings import SECTION, Settings
from refdata.dropoff.osfiles import translated
from refdata.sources import source_of
from refdata.warehouse.connect import find_connection, open_warehouse

if TYPE_CHECKING:
    from airflow.models import Connection

_DAG_FILES = ("refdata.py", "refdata_load.py")


@dataclass(frozen=True, slots=True)
class SetupChoice:
    """The administrator's choices.

    :param root: the dropoff root; relative to ``AIRFLOW_HOME``.
    :param connection: a connection's URI, the name of one that Airflow knows, or ``""`` for the one in the setting
        ``conn_id``, which is created for the embedded engine if Airflow does not know it.
    """

    root: str
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Installed:
    """The result of the setup. ``written`` describes the additions, ``next_steps`` are pairs of purpose and command."""

    root: str
    conn_id: str
    engine: str
    database: str
    written: tuple[str, ...]
    next_steps: tuple[tuple[str, str], ...]


def install(choice: SetupChoice, settings: Settings) -> Installed:
    """Creates what is missing; anything that exists stays. Safe to repeat.

    :param settings: this process's settings from before.
    :raises ConfigurationError: when the connection does not work, or an environment variable or an existing connection
        contradicts the choice.
    :raises RefdataError: when the database or the folders refuse.
    """
    home = airflow_home()
    conn_id, made = _connection(choice, settings, home)
    chosen = absolute(dataclasses.replace(settings, conn_id=conn_id, dropoff_root=choice.root or "dropoff"), home)
    options = _options(settings, chosen)
    written: list[str] = []
    if made is not None:
        _require_metadata()
    with _usable(made):
        warehouse = open_warehouse(chosen)
        warehouse.initialise(thorough=True)
    written.append(f"refdata's own tables in the {warehouse.engine} database {warehouse.database}")
    if made is not None:
        _store(made)
        written.append(f"Airflow connection {conn_id}")
    written.append(source_of(chosen).prepare())
    if options:
        written.append(f"{', '.join(options)} in {_write_settings(options)}")
    return Installed(
        chosen.dropoff_root, conn_id, warehouse.engine, warehouse.database, tuple(written), next_steps(chosen)
    )


def _connection(choice: SetupChoice, settings: Settings, home: Path) -> tuple[str, Connection | None]:
    """The connection's id, and the connection itself if Airflow does not know it yet."""
    if "://" in choice.connection:
        if find_connection(settings.conn_id) is not None:
            raise ConfigurationError(
                f"Airflow already has a connection {settings.conn_id}",
                where=f"Airflow connection {settings.conn_id}",
                advice=f"Use it: `--connection {settings.conn_id}`. Or delete it first:"
                f" `airflow connections delete {settings.conn_id}`.",
            )
        return settings.conn_id, _parsed(settings.conn_id, choice.connection)
    conn_id = choice.connection or settings.conn_id
    if find_connection(conn_id) is not None:
        return conn_id, None
    if choice.connection:
        raise ConfigurationError(
            f"Airflow does not know the connection {conn_id}",
            where=f"Airflow connection {conn_id}",
            advice="Give its URI instead, such as mssql://user@server:1433/database.",
        )
    return conn_id, _embedded(conn_id, home / "refdata")


def _options(before: Settings, chosen: Settings) -> dict[str, str]:
    """The settings to write: those that differ from what this process reads.

    :raises ConfigurationError: when an environment variable, which overrides the file, has another value.
    """
    options = {
        name: getattr(chosen, name)
        for name in ("dropoff_root", "conn_id")
        if getattr(chosen, name) != getattr(before, name)
    }
    for name, value in options.items():
        variable = f"AIRFLOW__{SECTION.upper()}__{name.upper()}"
        if variable in os.environ:
            raise ConfigurationError(
                f"{variable} is set to {os.environ[variable]!r}, which overrides the configuration file",
                where="the environment",
                advice=f"Set it to {value!r} or remove it, then run `refdata init` again.",
            )
    return options


def _embedded(conn_id: str, folder: Path) -> Connection:
    """The connection for the embedded engine, whose files get their own folder."""
    from airflow.models import Connection

    with translated(str(folder)):
        folder.mkdir(parents=True, exist_ok=True)
    return Connection(conn_id=conn_id, conn_type="sqlite", host=str(folder / "refdata.db"))


def _sqlite_path(uri: str) -> str:
    """The path in SQLAlchemy's form of the URI, which Airflow reads otherwise: three slashes start a relative one."""
    return str(airflow_home() / unquote(urlsplit(uri).path).removeprefix("/"))


def _parsed(conn_id: str, uri: str) -> Connection:
    from airflow.models import Connection

    try:
        if uri.startswith("sqlite:///"):
            return Connection(conn_id=conn_id, conn_type="sqlite", host=_sqlite_path(uri))
        return Connection(conn_id=conn_id, uri=uri)
    except ValueError:
        # Not chained: the text may quote a password.
        raise ConfigurationError(
            "The connection's URI cannot be read",
            where="--connection",
            advice="In user and password, write / : @ % as %2F, %3A, %40 and %25.",
        ) from None


@contextmanager
def _usable(made: Connection | None) -> Iterator[None]:
    """Lets this process use a connection that is not stored yet."""
    if made is None:
        yield
        return
    variable = f"AIRFLOW_CONN_{made.conn_id.upper()}"
    os.environ[variable] = made.as_json()
    try:
        yield
    finally:
        del os.environ[variable]


def _require_metadata() -> None:
    """:raises ConfigurationError: when Airflow's own database cannot keep a connection."""
    from airflow.models import Connection
    from sqlalchemy import select

    _in_metadata(lambda session: session.execute(select(Connection.id).limit(1)))


def _store(made: Connection) -> None:
    _in_metadata(lambda session: session.add(made))


def _in_metadata(work: Callable[..., object]) -> None:
    from airflow.utils.session import create_session
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            work(session)
    except SQLAlchemyError as error:
        # Not chained: the text may quote the connection.
        raise ConfigurationError(
            f"Airflow's own database cannot keep the connection ({type(error).__name__})",
            where="Airflow's database",
            advice="Run `airflow db migrate`, then `refdata init` again.",
        ) from None


def _write_settings(options: dict[str, str]) -> Path:
    """Puts the options into ``airflow.cfg``, which Airflow creates with its defaults and keys if it is missing."""
    from airflow.configuration import AIRFLOW_CONFIG, write_default_airflow_configuration_if_needed

    path = Path(AIRFLOW_CONFIG)
    try:
        write_default_airflow_configuration_if_needed()
        text = with_options(path.read_text(encoding="utf-8"), SECTION, options)
        hidden = path.with_name(f".{path.name}.refdata")
        hidden.touch(mode=path.stat().st_mode & 0o777)
        hidden.write_text(text, encoding="utf-8")
        hidden.replace(path)
    except OSError as error:
        variables = ", ".join(f"AIRFLOW__{SECTION.upper()}__{name.upper()}={value}" for name, value in options.items())
        raise ConfigurationError(
            f"The configuration file cannot be written: {error.strerror}",
            where=str(path),
            advice=f"Set these variables on every component of Airflow instead: {variables}",
        ) from error
    return path


def next_steps(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The steps left for the administrator: the purpose of each, and its command or address."""
    page = (
        f"{(conf.get('api', 'base_url', fallback='') or 'http://localhost:8080').rstrip('/')}/plugin/refdata/refdata/"
    )
    drops = shlex.quote(f"{settings.dropoff_root}/reference_data_table/fullload/")
    return (
        *_dags_step(Path(conf.get("core", "dags_folder"))),
        ("Start Airflow in its own terminal; restart it if it is running, because it reads the settings at the start",
         "airflow standalone"),
        ("Let it watch the folders", "airflow dags unpause --yes --treat-dag-id-as-regex '^refdata_'"),
        ("Check database, folders and Airflow", "refdata health"),
        ("Let Airflow load a small file through every step, then remove it", "refdata validate --airflow"),
        (f"Drop a file; in about two minutes it is the table {settings.ref_schema}.airports",
         f"cp airports.csv {drops}"),
        ("See what happened to every file", page),
    )  # fmt: skip


def _dags_step(folder: Path) -> tuple[tuple[str, str], ...]:
    """How to add the DAGs to Airflow, unless its folder already has them."""
    if any((folder / name).is_file() for name in _DAG_FILES):
        return ()
    make = "" if folder.is_dir() else f"mkdir -p {shlex.quote(str(folder))} && "
    return (("Add refdata's DAGs to Airflow", f"{make}refdata dags > {shlex.quote(str(folder / _DAG_FILES[0]))}"),)
