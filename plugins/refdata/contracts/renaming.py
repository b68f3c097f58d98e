"""Gives a table another name in the contract files: its own, those that refer to it, and ``tables.yaml``.

Only the names change; everything else in the files, comments included, stays letter by letter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from refdata.contracts.files import contract_file, contract_files, folder_of, read_text, shown, write_text
from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.settings import Settings
from refdata.core.tablenames import table_name

_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
"""Names that YAML reads as text without quotes, apart from its own words."""
_ANCHOR = re.compile(r"(?:[&!]\S*\s+)+")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file with its new text; ``path`` differs from ``before`` for the contract of the renamed table itself."""

    before: Path
    path: Path
    text: str


def plan(settings: Settings, table: str, new_name: str) -> tuple[FileChange, ...]:
    """The files that name the table, with the texts that they would have; changes nothing.

    :raises ConfigurationError: when one cannot be read, or another contract has the new name already.
    """
    folder, rules = folder_of(settings), Path(settings.tables_file)
    own, taken = contract_file(folder, table), contract_file(folder, new_name)
    changes = []
    for file in contract_files(folder):
        text = _text(file)
        is_own = file == own
        path = file.with_name(f"{new_name}{file.suffix}") if is_own else file
        changed = _renamed(text, _names(_root(text, file), table, is_own=is_own), new_name)
        if changed != text or is_own:
            changes.append(FileChange(file, path, changed))
    if rules.is_file():
        text = _text(rules)
        changed = _renamed(text, _entries(_root(text, rules), table), new_name)
        changes += [FileChange(rules, rules, changed)] if changed != text else []
    _require_free(taken, changes)
    return tuple(changes)


def _require_free(taken: Path | None, changes: list[FileChange]) -> None:
    """An earlier attempt, which was killed, may have written the new contract already."""
    if taken is None or any(one.path == taken and one.text == _text(taken) for one in changes):
        return
    if any(one.before != one.path for one in changes):
        raise ConfigurationError(
            "There is already a contract with the new name",
            where=shown(taken),
            advice="Choose another name, or remove that file.",
        )


def write(changes: tuple[FileChange, ...]) -> None:
    """Writes the new texts; the old contract of the table stays until ``finish``.

    :raises ConfigurationError: when a file cannot be written.
    """
    for one in changes:
        write_text(one.path, one.text)


def finish(changes: tuple[FileChange, ...]) -> None:
    """Removes the contract file with the table's old name."""
    for one in changes:
        if one.path != one.before:
            one.before.unlink(missing_ok=True)


def _text(file: Path) -> str:
    """The text with its line ends, which ``read_text`` would make alike.

    :raises ConfigurationError: when it cannot be read, or is not UTF-8.
    """
    read_text(file)
    return file.read_bytes().decode("utf-8-sig")


def _root(text: str, file: Path) -> yaml.Node | None:
    if text.lstrip().startswith(("{", "[")):  # JSON may be indented with tabs, which YAML does not allow
        text = text.replace("\t", " ")
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        raise ConfigurationError(
            "The file is not YAML, so the table cannot be renamed in it", where=shown(file), advice="Correct it first."
        ) from None


def _names(root: yaml.Node | None, table: str, *, is_own: bool) -> Iterator[yaml.ScalarNode]:
    """Where a contract names the table: its own name, and the tables that foreign keys refer to."""
    if is_own:
        yield from (node for node in _below(root, "name") if isinstance(node, yaml.ScalarNode))
    for key in (node for schema in _below(root, "schema") for node in _below(schema, "foreignKeys")):
        for reference in _below(key, "reference"):
            for node in _below(reference, "resource"):
                if isinstance(node, yaml.ScalarNode) and node.value and table_name(node.value) == table:
                    yield node


def _entries(root: yaml.Node | None, table: str) -> Iterator[yaml.ScalarNode]:
    """The keys of ``tables.yaml`` that name the table."""
    for tables in _below(root, "tables"):
        yield from (name for name, _ in _pairs(tables) if fold_name(name.value) == fold_name(table))


def _below(node: yaml.Node | None, name: str) -> Iterator[yaml.Node]:
    """The values of a key in a mapping, or in each mapping of a list."""
    for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        yield from (value for key, value in _pairs(one) if key.value == name)


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _renamed(text: str, names: Iterator[yaml.ScalarNode], new_name: str) -> str:
    """The text with the new name in place of each node, from the end so that earlier places keep their offsets."""
    spots = {(node.start_mark.index, node.end_mark.index): node for node in names}
    for (start, end), node in sorted(spots.items(), reverse=True):
        is_plain = node.style is None and _PLAIN.fullmatch(new_name) and new_name not in _WORDS
        spelled = new_name if is_plain else json.dumps(new_name, ensure_ascii=False)
        anchor = _ANCHOR.match(text, start, end)
        text = text[:start] + (anchor[0] if anchor else "") + spelled + text[end:]
    return text
