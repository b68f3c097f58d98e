"""A second kind of file: JSON lines, an object a line, with the names of the first as header."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refdata.core.errors import FormatError
from refdata.core.filemodel import Format, Scan
from refdata.core.filetypes import FILE_TYPES
from refdata.csvformat.blocks import Block
from refdata.csvformat.careful import CarefulReader, CarefulRows
from refdata.csvformat.placing import place_rows
from refdata.csvformat.reader import read_rows
from refdata.csvformat.scan import scan
from refdata.csvformat.text import FileBytes, utf8_chunks

ROWS_OF_A_BLOCK = 100


@dataclass
class JsonBlocks:
    """See ``csvformat.blocks.Blocks``: every line becomes a row of texts, or a reject."""

    source: FileBytes
    format: Format
    fields: int
    next_line: int = 1
    _written: list[str] = field(default_factory=list)

    @property
    def careful(self) -> CarefulReader:
        return CarefulReader(self.source.path, self.format, self.fields)

    def blocks(self) -> Iterator[Block]:
        lines: list[str] = []
        for line in self._lines():
            lines.append(line)
            if len(lines) == ROWS_OF_A_BLOCK:
                yield self._block(lines)
                lines = []
        if lines:
            yield self._block(lines)

    def _lines(self) -> Iterator[str]:
        rest = b""
        for chunk in utf8_chunks(self.source, "utf-8"):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from (f"{line.decode()}\n" for line in whole)
        if rest:
            yield rest.decode()

    def _block(self, lines: list[str]) -> Block:
        rows = CarefulRows(lines, self.next_line)
        for at, line in enumerate(lines):
            cells = cells_of(line, self.format.header)
            if isinstance(cells, str):
                rows.rejects.append(rows.rejected(at, at + 1, cells))
            else:
                csv.writer(_Into(rows.clean), quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
                rows.places.append((at, at + 1))
        first, self.next_line = self.next_line, self.next_line + len(lines)
        rows.next_line = self.next_line
        return Block(rows.text(), first, rows.next_line, rows)


@dataclass
class _Into:
    rows: list[str]

    def write(self, row: str) -> None:
        self.rows.append(row)


def cells_of(line: str, names: Sequence[str]) -> list[str] | str:
    """The texts of a line in the header's order, or why it is not a row."""
    try:
        found = json.loads(line, parse_int=str, parse_float=str)
    except ValueError:
        return "the line is not JSON"
    if not isinstance(found, dict) or set(found) != set(names):
        return "the line has other names than the first"
    return ["" if found[name] is None else str(found[name]) for name in names]


class JsonLinesReader:
    """See ``readers.Reader``."""

    types = frozenset(FILE_TYPES)

    def recognises(self, head: bytes) -> bool:
        return isinstance(_first(head), dict)

    def detect(self, path: Path, **_: Any) -> Format:
        with path.open("rb") as file:
            first = _first(file.read(4096))
        if not isinstance(first, dict):
            raise FormatError("The file is not JSON lines", where=str(path), advice="Drop it as CSV.")
        return Format("utf-8", ",", '"', "", has_header=True, header=tuple(first), header_lines=0)

    def scan(self, path: Path, fmt: Format, names: Sequence[str], **options: Any) -> Scan:
        return scan(path, fmt, names, cut=JsonBlocks, **options)

    def read_rows(self, path: Path, fmt: Format, **options: Any) -> Iterator[Any]:
        return read_rows(path, fmt, cut=JsonBlocks, **options)

    def place_rows(self, path: Path, fmt: Format, **options: Any) -> Iterator[Any]:
        return place_rows(path, fmt, cut=JsonBlocks, **options)


def _first(head: bytes) -> Any:
    try:
        return json.loads(head.partition(b"\n")[0])
    except ValueError:
        return None
