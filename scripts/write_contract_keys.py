"""Writes the reference of keys in docs/contracts.md, and the JSON Schema for editors, from ``refdata.contracts.keys``.

Run it after a change there: ``PYTHONPATH=plugins python scripts/write_contract_keys.py``. A test fails while they
differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from refdata.contracts import schema, values
from refdata.contracts.keys import CONTRACT, Key

PAGE = Path(__file__).parents[1] / "docs" / "contracts.md"
START, END = "<!-- keys: written by scripts/write_contract_keys.py -->", "<!-- /keys -->"
_WORDS: dict[type[values.ValueKind], str] = {
    values.Flag: "true or false",
    values.Texts: "a list of texts",
    values.RowNumbers: "a list of row numbers",
    values.NameLists: "a list of lists of names",
    values.Limit: "a number, date or time",
    values.CodecName: "an encoding that Python knows",
}


def reference() -> str:
    """Each section that has keys of refdata's use, as a Markdown table."""
    return "\n".join(_sections("", "", CONTRACT)).strip()


def _sections(path: str, meaning: str, keys: Sequence[Key]) -> Iterator[str]:
    used = [key for key in keys if key.section or not isinstance(key.kind, values.Anything)]
    yield f"\n### {f'`{path}`: {meaning}' if path else 'The file'}\n"
    yield "| key | value | meaning |\n| --- | --- | --- |"
    yield from (_row(key) for key in used)
    for key in used:
        if key.section and key.name != "csv":
            below = f"{path}.{key.name}" if path else key.name
            yield from _sections(below + ("[]" if key.listed else ""), key.meaning, key.section)


def _row(key: Key) -> str:
    meaning = key.meaning.replace("|", "\\|")
    return f"| `{key.name}` | {_allowed(key)} | {meaning[:1].upper()}{meaning[1:]}. |"


def _allowed(key: Key) -> str:
    if key.section:
        return "a list, see below" if key.listed else "see below"
    kind = key.kind
    if isinstance(kind, values.OneOf):
        return ", ".join(f"`{word}`" for word in kind.words)
    if isinstance(kind, values.Text):
        return kind.allowed.replace("|", "\\|")
    if isinstance(kind, values.Whole):
        return f"a whole number, {kind.least} or more"
    if isinstance(kind, values.Number):
        return f"a number between {kind.least:.12g} and {kind.most:.12g}"
    return _WORDS[type(kind)] if kind else ""


def with_reference(page: str) -> str:
    """The page with the reference in its place."""
    before, found, rest = page.partition(START)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"{PAGE.name} lacks the lines {START} and {END}")
    return f"{before}{START}\n\n{reference()}\n\n{END}{after}"


if __name__ == "__main__":
    schema.PACKAGED.write_text(schema.as_text(), encoding="utf-8")
    PAGE.write_text(with_reference(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
