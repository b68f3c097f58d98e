"""``refdata export``."""

from __future__ import annotations

import argparse
from pathlib import Path

from refdata.commands.terminal import EXIT_OK, Subcommands, add_command, say


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the command."""
    command = add_command(commands, "export", export)
    command.add_argument("table", help="name of the table, without its schema")
    command.add_argument("--version", type=int, help="number of the version; default: the live one")
    command.add_argument("--output", default="", help="the file to write, which must not exist; default: TABLE.csv")


def export(options: argparse.Namespace) -> int:
    """``refdata export``."""
    from refdata.api import ReferenceData
    from refdata.core.errors import ConfigurationError

    path = Path(options.output or f"{options.table}.csv")
    rows = ReferenceData.connect().rows
    try:
        with path.open("xb") as file:
            try:
                count = rows.export(options.table, file, options.version)
            except BaseException:
                path.unlink()
                raise
    except OSError as error:
        raise ConfigurationError(
            f"The file cannot be written: {error.strerror}", where=str(path), advice="Name another one with --output."
        ) from error
    say(options, {"table": options.table, "rows": count, "file": str(path)})
    return EXIT_OK
