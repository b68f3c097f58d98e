"""The command line ``refdata``: ``refdata.commands`` has the commands, ``commands.listed`` names them all.

Exit codes: 0 done, 1 the work failed for a permanent reason, 2 wrong usage, 3 a transient reason: retry.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

# Outside tasks, Airflow reads connections from its database only in a process marked as a server
# process; its own commands are marked the same way (airflow/cli/commands/connection_command.py).
os.environ.setdefault("_AIRFLOW_PROCESS_CONTEXT", "server")

from refdata.commands.listed import COMMANDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    options = parser(words).parse_args(words)
    from refdata.commands.running import run_command  # not for a call that only asks for help

    return run_command(options)


def parser(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The commands and their options.

    :param words: the command line to be parsed, of which only the named command's module is imported, or none if it
        names no command; without it, all.
    """
    top = argparse.ArgumentParser(prog="refdata", description="Reference tables from dropped CSV files.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    if words is None:
        modules = list(dict.fromkeys(module for module, _ in COMMANDS.values()))
    elif words and words[0] in COMMANDS:
        modules = [COMMANDS[words[0]][0]]
    else:
        modules = []
        for name, (_, summary) in COMMANDS.items():
            commands.add_parser(name, help=summary)
    for module in modules:
        import_module(f"refdata.commands.{module}").register(commands)
    return top


if __name__ == "__main__":
    sys.exit(main())
