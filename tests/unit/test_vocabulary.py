"""One word, one meaning: a type's name is defined once in the package, and the glossary's words are where it says."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from scripts.structure import types_in

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins" / "refdata"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?P<word>[^|]+) \| (?P<meaning>[^|]+) \| `(?P<place>[^|`]+)` \|$", re.MULTILINE)


def places() -> dict[str, list[str]]:
    """Each public type's name with the modules that define it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        for name in types_in(path.read_text(encoding="utf-8")):
            found[name].append(path.relative_to(PACKAGE).as_posix())
    return {name: modules for name, modules in found.items() if not name.startswith("_")}


def glossary() -> list[tuple[str, str]]:
    """The words of the glossary, each with the module that defines it."""
    section = ARCHITECTURE.partition("\n## Glossary\n")[2].partition("\n## ")[0]
    return [(row["word"].strip("`"), row["place"]) for row in ROW.finditer(section)]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("class A: pass\nclass _B: pass", ["A", "_B"]),
        ("OnReject = Callable[[int], None]\nMOST = 3\nread = 1", ["OnReject"]),
        ("Row: TypeAlias = tuple[int, ...]", ["Row"]),
        ("def f():\n    class Inner: pass", []),
    ],
)
def test_types_are_noticed(source: str, names: list[str]) -> None:
    assert [name for name in types_in(source) if name[0] != "_" or name in names] == names


def test_a_name_means_one_type() -> None:
    assert {name: modules for name, modules in places().items() if len(modules) > 1} == {}


def test_a_class_within_a_module_has_a_name_of_its_own_too() -> None:
    found = Counter(
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in found.items() if count > 1] == []


def test_the_glossary_names_types_where_they_are() -> None:
    words, known = glossary(), places()
    assert len(words) >= 30
    assert [(word, place) for word, place in words if known.get(word) != [place]] == []


def test_the_glossary_is_in_order_and_has_each_word_once() -> None:
    words = [word for word, _ in glossary()]
    assert words == sorted(set(words), key=str.lower)
