"""The error tree: drawn as it is, exported whole, and readable wherever it turns up."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from refdata.core import errors
from refdata.core.errors import PermanentError, RefdataError, TransientError
from refdata.csvformat import signatures

CLASSES = sorted(
    (kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, RefdataError)),
    key=lambda kind: kind.__name__,
)
LEAVES = [kind for kind in CLASSES if kind not in (RefdataError, PermanentError, TransientError)]


def drawn_tree() -> dict[str, str]:
    """Each class in the module's drawing with its parent, by the depth of its branch."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^( {4}[│ ├└─]*)(\w+Error)\b", line)
        if found:
            depth = (len(found[1]) - 4) // 4
            path = [*path[:depth], found[2]]
            parents[found[2]] = path[depth - 1] if depth else ""
    return parents


def test_the_tree_drawn_at_the_top_is_the_tree_of_the_classes() -> None:
    real = {kind.__name__: kind.__base__.__name__ for kind in CLASSES if kind.__base__ is not None}
    assert drawn_tree() == {**real, "RefdataError": ""}


def test_every_error_is_exported() -> None:
    exported = {name for name in errors.__all__ if name.endswith("Error")}
    assert exported == {kind.__name__ for kind in CLASSES}
    assert list(errors.__all__) == sorted(errors.__all__, key=lambda name: (name.islower(), name))


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_is_transient_or_permanent_and_never_both(kind: type[RefdataError]) -> None:
    assert issubclass(kind, TransientError) is not issubclass(kind, PermanentError)


def test_every_error_has_a_category_of_its_own() -> None:
    categories = [kind.category for kind in CLASSES]
    assert len(set(categories)) == len(categories)
    assert all(re.fullmatch("[a-z_]{3,50}", category) for category in categories)


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_survives_the_way_between_processes(kind: type[RefdataError]) -> None:
    error = pickle.loads(pickle.dumps(kind("What", where="here", advice="Do it")))
    assert type(error) is kind
    assert (error.what, error.where, error.advice) == ("What", "here", "Do it")
    assert str(error) == "What [here]. What to do: Do it."


@pytest.mark.parametrize(
    ("what", "where", "advice", "text"),
    [
        ("It broke", "", "", "It broke."),
        ("It broke.", "", "", "It broke."),
        ("It broke", "a.csv", "", "It broke [a.csv]."),
        ("It broke.", "a.csv", "", "It broke [a.csv]."),
        ("Is it there?", "a.csv", "Look", "Is it there? [a.csv]. What to do: Look."),
        ("It broke", "", "Fix it.", "It broke. What to do: Fix it."),
        ("It broke!", "a.csv", "Fix it!", "It broke! [a.csv]. What to do: Fix it!"),
    ],
)
def test_an_error_reads_as_sentences(what: str, where: str, advice: str, text: str) -> None:
    assert str(RefdataError(what, where=where, advice=advice)) == text


def test_the_reason_is_the_text_without_the_advice() -> None:
    error = RefdataError("It broke", where="a[1].csv", advice="Correct it")
    assert (error.reason, str(error)) == ("It broke [a[1].csv].", "It broke [a[1].csv]. What to do: Correct it.")


ADVICE = re.compile(r"[A-Z`]")


def advice_in(tree: ast.AST) -> Iterator[str]:
    """The beginning of each text that code gives as advice, in whatever branch."""
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call):
            given = [keyword.value for keyword in node.keywords if keyword.arg == "advice"]
        elif isinstance(node, ast.Assign):
            given = [node.value] * any(isinstance(one, ast.Name) and one.id == "advice" for one in node.targets)
        for value in given:
            for part in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                first = part.values[0] if isinstance(part, ast.JoinedStr) and part.values else part
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value:
                    yield first.value


def test_every_advice_begins_like_a_sentence() -> None:
    sources = Path(errors.__file__).parents[1].rglob("*.py")
    found = [advice for path in sources for advice in advice_in(ast.parse(path.read_text(encoding="utf-8")))]
    assert len(found) > 100
    assert [advice for advice in found if not ADVICE.match(advice)] == []


def test_advice_for_every_other_kind_of_file_is_a_sentence() -> None:
    for _, kind, advice in signatures._SIGNATURES:
        assert ADVICE.match(advice), kind
