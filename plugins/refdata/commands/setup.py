"""``refdata init``, ``init-db`` and ``dags``: the first commands of a new installation."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from rich.markup import escape

from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, Subcommands, add_command, console, print_json, say
from refdata.core.errors import ConfigurationError
from refdata.core.schemasteps import LATEST, SchemaChange

if TYPE_CHECKING:
    from refdata.core.settings import Settings
    from refdata.installation import Installed

_Ask = Callable[[str], str]


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    made = add_command(commands, "init", init)
    made.add_argument("--root", help="dropoff root; a relative path is under AIRFLOW_HOME")
    made.add_argument(
        "--connection",
        help="URI of the database, such as mssql://user@server:1433/database, or the name of an Airflow connection;"
        " empty for an embedded database in AIRFLOW_HOME",
    )
    made.add_argument("--yes", action="store_true", help="ask nothing; use defaults for anything not given")
    upgraded = add_command(commands, "init-db", init_db, light=True)
    upgraded.add_argument("--check", action="store_true", help="change nothing; exit code 1 when an upgrade is needed")
    add_command(commands, "dags", dags, light=True)


def init(options: argparse.Namespace) -> int:
    """``refdata init``: 0 when everything that loads need exists."""
    from refdata.config import load_settings
    from refdata.installation import SetupChoice, install

    settings = load_settings()
    asks = sys.stdin.isatty() and not options.yes and not options.json
    root, connection = chosen(options, settings, input if asks else None)
    if asks:
        connection = with_password(connection, getpass.getpass)
    done = install(SetupChoice(root, connection), settings)
    if options.json:
        print_json(asdict(done))
    else:
        show(done)
    return EXIT_OK


def chosen(options: argparse.Namespace, settings: Settings, ask: _Ask | None) -> tuple[str, str]:
    """Root and connection: by flag, else by question, else by default."""
    root, connection = options.root, options.connection
    if ask is not None and root is None:
        root = ask(f"Dropoff folder [{settings.dropoff_root}]: ").strip()
    if ask is not None and connection is None:
        connection = ask(
            "Database: a URI such as mssql://user@server:1433/database, the name of an Airflow connection, or empty\n"
            f"for {settings.conn_id} (an embedded database if Airflow has no such connection): "
        ).strip()
    return root or settings.dropoff_root, connection or ""


def with_password(connection: str, ask: _Ask) -> str:
    """Asks for the missing password of a URI without showing it, so that no shell history keeps it."""
    if "://" not in connection:
        return connection
    parts = urlsplit(connection)
    if parts.username is None or parts.password is not None:
        return connection
    user, _, place = parts.netloc.rpartition("@")
    typed = ask(f"Password of {parts.username}: ")
    return parts._replace(netloc=f"{user}:{quote(typed, safe='')}@{place}").geturl() if typed else connection


def show(done: Installed) -> None:
    """Shows what exists now and what to do next; each command has its own line, to be copied."""
    out = console()
    out.print("[green]refdata is set up.[/green] There are now:")
    for line in done.written:
        out.print(f"  - {escape(line)}", highlight=False, soft_wrap=True)
    out.print("\n[bold]What to do next[/bold]")
    for number, (purpose, command) in enumerate(done.next_steps, start=1):
        out.print(f"  {number}. {escape(purpose)}:", highlight=False, soft_wrap=True)
        out.print(f"       {escape(command)}", highlight=False, soft_wrap=True)


def init_db(options: argparse.Namespace) -> int:
    """``refdata init-db``."""
    from refdata import wiring

    deps = wiring.connect()
    change = SchemaChange(before := deps.warehouse.schema_version(), before)
    if not options.check:
        change = deps.warehouse.initialise(thorough=True)
        if deps.dropoff.is_ready():  # never makes the root: a missing root is a missing mount
            deps.dropoff.prepare()
    facts = {"engine": deps.warehouse.engine, "database": deps.warehouse.database, "schema_before": change.before}
    say(options, {**facts, "schema": change.after, "latest": LATEST, "dropoff": deps.settings.dropoff_root})
    if not deps.dropoff.is_ready():
        raise ConfigurationError(
            "The dropoff folder is missing, so there are no load folders; the tables are up to date"
            if change.after >= LATEST
            else "The dropoff folder is missing",
            where=deps.dropoff.place,
            advice="Mount or create it and run this again, set dropoff_root to the right folder, or run"
            " `refdata init`, which creates it.",
        )
    return EXIT_OK if change.after >= LATEST else EXIT_FAILED


def dags(options: argparse.Namespace) -> int:
    """``refdata dags``: for an Airflow with the package but without this project's ``dags`` folder."""
    from refdata.dagfile import DAG_FILE

    if options.json:
        print_json({"file": DAG_FILE})
    else:
        sys.stdout.write(DAG_FILE)
    return EXIT_OK
