"""Writes docs/commands.md from the parsers of the command line.

Run it after a change of a command: ``PYTHONPATH=plugins python scripts/write_commands.py``. A test fails while the page
differs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from refdata.cli import parser

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = """# Commands

Written by `scripts/write_commands.py`. Every command takes `--json`. Exit codes: 0 done, 1 failed for a permanent
reason, 2 wrong usage, 3 a transient reason: try again. `python -m refdata.cli` is the same as `refdata`.
"""


def page() -> str:
    """The page."""
    return HEAD + "".join(described(("refdata",), command, "") for command in [parser()])


def described(words: tuple[str, ...], command: argparse.ArgumentParser, summary: str) -> str:
    """One command with its arguments, and those below it."""
    below = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    text = "" if below else _section(words, command, summary)
    for group in below:
        helps = {action.dest: action.help or "" for action in group._choices_actions}  # noqa: SLF001
        for name, sub in group.choices.items():
            text += described((*words, name), sub, helps.get(name, ""))
    return text


def _section(words: tuple[str, ...], command: argparse.ArgumentParser, summary: str) -> str:
    rows = [
        f"| `{' '.join(action.option_strings) or action.dest}` | {_meaning(action)} |"
        for action in command._actions  # noqa: SLF001  argparse has no public list
        if action.dest not in ("help", "json")
    ]
    table = "\n| argument | meaning |\n| --- | --- |\n" + "\n".join(rows) + "\n" if rows else ""
    text = (summary or command.description or "").rstrip(".")
    return f"\n## `{' '.join(words)}`\n\n{text[:1].upper()}{text[1:]}.\n{table}"


def _meaning(action: argparse.Action) -> str:
    choices = f" One of {', '.join(map(str, action.choices))}." if action.choices else ""
    return ((action.help or "").replace("|", "\\|") + choices).strip() or "See above."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
