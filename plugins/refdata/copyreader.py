"""The readers of packed files and workbooks: they make a plain copy, and read it as CSV; see ``readers.Reader``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refdata.core.errors import FormatError, named_in_errors
from refdata.core.filemodel import ColumnReading, Format, Notation, ReadColumn, RejectedRow, Scan
from refdata.core.filetypes import WORKBOOK_TYPES
from refdata.core.knownformat import KnownFormat
from refdata.core.statedformat import NOTHING_STATED, StatedFormat

if TYPE_CHECKING:
    import pyarrow as pa

    from refdata.copies.copy import Copies, PlainCopy
    from refdata.copies.parts import Part
    from refdata.csvformat.rejects import OnReject
    from refdata.csvformat.rowrules import RowRule
    from refdata.csvreader import CsvReader

_PERCENT = ColumnReading(None, Notation(affix="%"))
"""A column of percentages that is new: 10% is the number 10 with the unit %, as in a CSV file of the sheet."""


@dataclass(slots=True)
class CopyReader:
    """Reads a kind of file by plain copies of its parts, through ``csv``; ``kind`` is a key of ``COPIERS``."""

    kind: str
    types: frozenset[str]
    signature: re.Pattern[bytes]
    csv: CsvReader
    _copies: Copies | None = None

    # Imported in the methods, because at the top each DAG parse would pay for pyarrow and numpy.

    def recognises(self, head: bytes) -> bool:
        """See ``Reader``."""
        return bool(self.signature.match(head))

    def detect(
        self,
        path: Path,
        *,
        known: KnownFormat | None = None,
        code_page: str,
        min_confidence: float,
        stated: StatedFormat = NOTHING_STATED,
    ) -> Format:
        """See ``Reader``."""
        from refdata.copies.parts import ChosenPart, Part, choose_part

        with _at(path):
            parts = self._parts(path)
            chosen = choose_part(parts, self.kind, stated) if parts else ChosenPart(Part("", 1))
            copy = self._copy(path, chosen.part.name)
            fmt = self.csv.detect(copy.path, **self._evidence(known, stated), code_page=code_page,
                                min_confidence=min_confidence)  # fmt: skip
        return replace(
            fmt,
            part=chosen.part.name,
            workbook=self.is_workbook,
            notes=(*chosen.notes, *copy.notes, *fmt.notes),
            doubt=chosen.doubt or fmt.doubt,
        )

    def scan(
        self,
        path: Path,
        fmt: Format,
        names: Sequence[str],
        *,
        known: Mapping[str, ColumnReading] | None = None,
        on_reject: OnReject | None = None,
    ) -> Scan:
        """See ``Reader``. Typed cells are read in one way; the table's notation stays that of its texts."""
        copy = self._copy(path, fmt.part)
        typed = {names[at] for at in copy.typed if at < len(names)} & set(known or {})
        readings = {name: _plain(one) if name in typed else one for name, one in (known or {}).items()}
        readings |= {names[at]: _PERCENT for at in copy.percent if at < len(names) and names[at] not in readings}
        listed = on_reject and self._placed(copy, on_reject)
        with named_in_errors(str(copy.path), str(path)):
            scan = self.csv.scan(copy.path, fmt, names, known=readings or None, on_reject=listed)
        columns = tuple(
            replace(one, notation=known[one.name].notation, reading=one.reading and known[one.name])
            if known and one.name in typed and one.type is not None and known[one.name].type is not None
            else one
            for one in scan.columns
        )
        return replace(scan, columns=columns, sha256=copy.sha256, size=copy.size)

    def read_rows(
        self,
        path: Path,
        fmt: Format,
        *,
        columns: Sequence[ReadColumn],
        on_reject: OnReject,
        rules: Sequence[RowRule] = (),
    ) -> Iterator[pa.RecordBatch]:
        """See ``Reader``."""
        copy = self._copy(path, fmt.part)
        wanted = self._wanted(copy, columns)
        listed = self._placed(copy, on_reject)
        with named_in_errors(str(copy.path), str(path)):
            yield from self.csv.read_rows(copy.path, fmt, columns=wanted, on_reject=listed, rules=rules)

    def place_rows(
        self,
        path: Path,
        fmt: Format,
        *,
        columns: Sequence[ReadColumn],
        rules: Sequence[RowRule],
        reasons: Mapping[int, str],
    ) -> Iterator[RejectedRow]:
        """See ``Reader``."""
        copy = self._copy(path, fmt.part)
        wanted = self._wanted(copy, columns)
        with named_in_errors(str(copy.path), str(path)):
            for reject in self.csv.place_rows(copy.path, fmt, columns=wanted, rules=rules, reasons=reasons):
                yield replace(reject, line=copy.lines.row(reject.line))

    @property
    def is_workbook(self) -> bool:
        """Whether the parts are sheets of cells."""
        return self.kind == "sheet"

    def _parts(self, path: Path) -> tuple[Part, ...]:
        """The sheets or members; none if the file is one stream."""
        from refdata.copies.copy import LISTINGS

        listing = LISTINGS.get(self.kind)
        return listing(path) if listing else ()

    def _copy(self, path: Path, part: str) -> PlainCopy:
        from refdata.copies import copy
        from refdata.csvformat.text import storage_errors

        if self._copies is None:
            self._copies = copy.Copies()
        with _at(path), storage_errors(path):
            return self._copies.of(path, part, copy.COPIERS[self.kind])

    def _evidence(self, known: KnownFormat | None, stated: StatedFormat) -> dict[str, Any]:
        """What is known and stated, without the dialect of text files where the copy is refdata's own."""
        if not self.is_workbook:
            return {"known": known, "stated": stated}
        own = replace(
            stated, encoding="utf-8", delimiter=",", quote='"', escape="", skip_initial_space=False, decode_fallback="",
            comment=stated.comment or "",
        )  # fmt: skip
        return {"known": known and replace(known, encoding="utf-8", delimiter=",", quote='"', escape=""), "stated": own}

    def _placed(self, copy: PlainCopy, on_reject: OnReject) -> OnReject:
        return lambda reject: on_reject(replace(reject, line=copy.lines.row(reject.line)))

    def _wanted(self, copy: PlainCopy, columns: Sequence[ReadColumn]) -> list[ReadColumn]:
        typed = set(copy.typed)
        return [
            replace(one, notation=_exact(one.notation), reading=one.reading and _plain(one.reading))
            if one.index in typed
            else one
            for one in columns
        ]


def _plain(reading: ColumnReading) -> ColumnReading:
    return replace(reading, notation=_exact(reading.notation), mark_known=True)


def _exact(notation: Notation) -> Notation:
    """The notation of typed cells: numbers with a point, ISO dates; what stands for no value stays."""
    return Notation(
        missing_values=notation.missing_values,
        affix=notation.affix,
        fraction_digits=notation.fraction_digits,
        true_values=notation.true_values,
        false_values=notation.false_values,
    )


@contextlib.contextmanager
def _at(path: Path) -> Iterator[None]:
    """Names the file in an error, in place of its copy."""
    try:
        yield
    except FormatError as error:
        error.where = str(path)
        raise


_ZIP = rb"PK(?:\x03\x04|\x05\x06|\x07\x08)"
_BOOK = (
    rb"PK\x03\x04.{26}(?:\[Content_Types\]|_rels/|docProps/|xl/|META-INF/manifest\.xml|mimetypeapplication/vnd\.oasis)"
)


def copy_readers(csv: CsvReader) -> tuple[CopyReader, ...]:
    """The readers of workbooks, archives and packed streams, in the order in which they are asked."""
    kinds: tuple[tuple[str, tuple[str, ...], bytes], ...] = (
        ("sheet", WORKBOOK_TYPES, _BOOK),
        ("member", ("zip",), _ZIP),
        ("gzip", ("gz",), rb"\x1f\x8b"),
        ("zstd", ("zst",), rb"\x28\xb5\x2f\xfd"),
    )
    return tuple(CopyReader(kind, frozenset(types), re.compile(sign, re.DOTALL), csv) for kind, types, sign in kinds)
