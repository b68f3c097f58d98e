"""``refdata contract``: create, show, check, compare and export table contracts."""

from __future__ import annotations

import argparse
import getpass
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.listed import COMMANDS
from refdata.commands.terminal import EXIT_FAILED, EXIT_OK, Run, Subcommands, add_command, console, print_json
from refdata.core.errors import DataError

if TYPE_CHECKING:
    from refdata.core.contract import Origin
    from refdata.ingest.contractqueries import ContractCheck
    from refdata.ingest.retyping import Retyping

_VERDICTS = {
    "load": "It would be loaded.",
    "warn": "It would be loaded, with warnings.",
    "hold": "It would wait for an answer.",
    "refuse": "It would be refused.",
}


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    group = commands.add_parser("contract", help=COMMANDS["contract"][1], description="Table contracts.")
    below = group.add_subparsers(required=True, metavar="COMMAND")
    begun = add_command(
        below, "init", init, "create a commented first contract from a live table, a CSV file or a descriptor"
    )
    begun.add_argument(
        "source", metavar="TABLE|FILE", help="name of a table, or path of any CSV file or Data Package descriptor"
    )
    begun.add_argument("--table", default="", help="the table that the file is for; default: from the file's name")
    begun.add_argument("--write", action="store_true", help="write it to the contracts folder instead of the screen")
    _with_table(below, "show", show, "show everything known about a table, each fact with its origin")
    checked = add_command(
        below, "check", check, "check what would happen to a file under its table's contract; changes nothing"
    )
    checked.add_argument("file", type=Path, help="any CSV file")
    checked.add_argument("--table", default="", help="the table that the file is for; default: from the file's name")
    _with_table(below, "diff", diff, "show where a contract file differs from the live table or from its loads")
    exported = _with_table(
        below, "export", export, "print a table's contract as a Data Package resource, for other tools"
    )
    form = exported.add_mutually_exclusive_group()
    form.add_argument("--path", default="", help="the data file to name in the resource")
    form.add_argument(
        "--package", action="store_true", help="print a Data Package, with the tables that its foreign keys refer to"
    )
    typed = _with_table(
        below, "retype", retype, "show which values of a text column are not of another type; give it that type"
    )
    typed.add_argument("column", help="name of the column in the database")
    typed.add_argument("type", help="INT, BIGINT, DECIMAL(10,2), FLOAT, BIT, DATE, DATETIME2 or TIME")
    typed.add_argument("--apply", action="store_true", help="change the column, if every value fits")
    typed.add_argument(
        "--delete-versions",
        action="store_true",
        help="with --apply: delete the rows of the earlier versions that have a value that does not fit",
    )
    add_command(below, "schema", schema, "print the JSON Schema of contract files, for editors")


def _with_table(
    commands: Subcommands[argparse.ArgumentParser], name: str, run: Run, summary: str
) -> argparse.ArgumentParser:
    command = add_command(commands, name, run, summary)
    command.add_argument("table", help="name of the table, without its schema")
    return command


def init(options: argparse.Namespace) -> int:
    """``refdata contract init``: prints a contract, or writes it to the contracts folder."""
    from refdata.api import ReferenceData

    contracts, file = ReferenceData.connect().contracts, Path(options.source)
    is_file = file.is_file()
    if not is_file and (file.suffix or file.name != options.source):
        raise DataError("There is no such file", where=options.source, advice="Check the path.")
    table = options.table if is_file else options.source
    text = contracts.begin(table, file if is_file else None)
    path = contracts.write(text) if options.write else None
    if options.json:
        print_json({"contract": text, "path": path})
    elif path:
        console().print(f"Written: {path}", soft_wrap=True)
    else:
        print(text, end="")
    return EXIT_OK


def show(options: argparse.Namespace) -> int:
    """``refdata contract show``."""
    from refdata.api import ReferenceData
    from refdata.contracts.facts import facts

    stated = facts(ReferenceData.connect().contracts.show(options.table))
    if options.json:
        print_json([{"key": one.key, "value": one.value, "origin": _origin(one.origin)} for one in stated])
        return EXIT_OK
    _grid(("Fact", "Value", "Origin"), [(one.key, one.text, str(one.origin or "")) for one in stated])
    return EXIT_OK


def check(options: argparse.Namespace) -> int:
    """``refdata contract check``: 0 when the file would be loaded, 1 when it would be refused or held."""
    from refdata.api import ReferenceData

    done = ReferenceData.connect().contracts.check(options.file, options.table)
    if options.json:
        print_json(asdict(done))
    else:
        _show_check(done, options.file.name)
    return EXIT_OK if done.action in ("load", "warn") else EXIT_FAILED


def _show_check(done: ContractCheck, name: str) -> None:
    shown = console()
    shown.print(f"{escape(name)} → table {done.table}. {_VERDICTS[done.action]}", highlight=False)
    if done.format:
        quote = f"quote {done.format.quote}" if done.format.quote else "no quotes"
        header = "a header" if done.format.has_header else "no header"
        shown.print(
            f"Format: {done.format.encoding}, delimiter {done.format.delimiter!r}, {quote}, {header};"
            f" {done.rows:,} rows, {done.rejected:,} rejected", highlight=False, markup=False,
        )  # fmt: skip
    if done.changes:
        shown.print(f"Table: {escape(done.changes)}", highlight=False)
    if done.columns:
        _grid(("Header", "Column", "Type"), [(one.source, one.name, str(one.type or "empty")) for one in done.columns])
    lines = [("Refused", done.refused)] if done.refused else []
    lines += [(one.action.capitalize(), str(one)) for one in done.findings if one.action not in ("load", "warn")]
    lines += [("Rejected", text) for text in done.rejects]
    lines += [("Warning", text) for text in done.warnings]
    lines += [("Not checked", done.unchecked)] if done.unchecked else []
    for label, text in lines:
        shown.print(f"[bold]{label}[/bold]: {escape(text)}", highlight=False, soft_wrap=True)


def diff(options: argparse.Namespace) -> int:
    """``refdata contract diff``: 0 when nothing differs, else 1."""
    from refdata.api import ReferenceData

    differences = ReferenceData.connect().contracts.diff(options.table)
    if options.json:
        print_json([{**asdict(one), "origin": _origin(one.origin)} for one in differences])
    elif differences:
        rows = [
            (one.key, one.declared or "not declared", one.actual or "missing", str(one.origin)) for one in differences
        ]
        _grid(("Fact", "Declared", "Actual", "Origin"), rows)
    else:
        console().print("Nothing differs.")
    return EXIT_FAILED if differences else EXIT_OK


def export(options: argparse.Namespace) -> int:
    """``refdata contract export``: YAML, or JSON with ``--json``; both are read by Frictionless."""
    from refdata.api import ReferenceData
    from refdata.contracts.writing import to_yaml

    contracts = ReferenceData.connect().contracts
    if options.package:
        contract = contracts.export_package(options.table)
    else:
        contract = contracts.export(options.table, options.path)
    if options.json:
        print_json(contract)
    else:
        print(to_yaml(contract), end="")
    return EXIT_OK


def retype(options: argparse.Namespace) -> int:
    """``refdata contract retype``: a preview, or with ``--apply`` the change."""
    from refdata.api import ReferenceData

    contracts, deletes = ReferenceData.connect().contracts, options.delete_versions
    retyping = contracts.retype(options.table, options.column, options.type)
    if options.apply and (retyping.fits or (deletes and retyping.fits_without_versions)):
        retyping = contracts.retype(
            options.table, options.column, options.type, apply=True, by=getpass.getuser(), delete_versions=deletes
        )
    if options.json:
        print_json(asdict(retyping))
    else:
        _say_retyping(retyping)
    return EXIT_OK if retyping.fits or retyping.applied else EXIT_FAILED


def _say_retyping(retyping: Retyping) -> None:
    from refdata.ingest.retyping import misfits_of

    versions = f" and {retyping.kept:,} values in its versions" if retyping.kept else ""
    done = "was changed" if retyping.applied else "would change"
    change = f"{retyping.table}.{retyping.column} {done} from {retyping.before} to {retyping.after}"
    say_line = partial(console().print, highlight=False, soft_wrap=True)
    say_line(f"{change}: {retyping.rows:,} rows{versions}.")
    if retyping.fits:
        return
    listed = ", ".join(map(str, retyping.versions))
    if retyping.applied:
        say_line(f"The rows of these earlier versions were deleted, because not all of their values fit: {listed}.")
        return
    count = "1 value does" if len(retyping.misfits) == 1 else f"{len(retyping.misfits):,} values do"
    say_line(f"{count} not fit; nothing can be changed.")
    _grid(("Value", "Rows", "In versions"), [tuple(map(escape, row)) for row in misfits_of(retyping)])
    if retyping.fits_without_versions:
        say_line(
            f"Only earlier versions have them: {listed}. --apply --delete-versions deletes the rows of these first."
        )


def schema(_: argparse.Namespace) -> int:
    """``refdata contract schema``: JSON in either case."""
    from refdata.contracts.schema import as_text

    print(as_text(), end="")
    return EXIT_OK


def _origin(origin: Origin | None) -> dict[str, object] | None:
    return {**asdict(origin), "text": str(origin)} if origin else None


def _grid(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    grid = Grid(*headings)
    for row in rows:
        grid.add_row(*map(escape, row))
    console().print(grid)
