"""Tables that are drawn for people: cells padded with blanks, borders of ``|``, rules of dashes, columns of blanks.

Such a file is read as the CSV that it stands for: each line is written again with one delimiter between its cells and
nothing around them, so that everything behind this module reads plain CSV. A line stays one line, and keeps its number.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from refdata.core.filemodel import Drawing
from refdata.csvformat.celltypes import TYPED, cell_type
from refdata.csvformat.lines import physical_lines
from refdata.csvformat.rowcounts import is_row_count

LOOKED_AT = 300
"""Lines that a drawing is found from."""

FEWEST = 3
"""Lines that it takes, the header among them; fewer show no pattern."""

ALIKE = 0.9
"""The share of lines that keep to a drawing; the others are titles and notes."""

LONGEST_TITLE = 10
"""Lines among which the rule below a header is looked for."""

_RULE = re.compile(r"[ \t|+:=-]*[-=]{3}[ \t|+:=-]*")
_DASHES = re.compile(r"-+")
_SPACED_RULE = re.compile(r"-{2,}(?: +-+)+ *")
_WORDS = re.compile(r'"(?:[^"]|"")*"(?= |$)|[^ ]+')
_WIDE = re.compile(r" {2,}")
_BLANKS = re.compile(r" +")
_EDGES = re.compile(r"(?<![^\r\n]) +| +(?![^\r\n])")
_LINE_BY_LINE = re.compile(r"[^\S \r\n]|\"|[=-][=-]")
"""What between single blanks means a quoted cell, a line blank for another reason, or a rule."""


def find_drawing(lines: Sequence[str]) -> Drawing | None:
    """The drawing that lines show beyond doubt: borders or rules around cells, or delimiters one below the other."""
    texts = [line.rstrip("\r\n") for line in lines[:LOOKED_AT] if line.strip()]
    rules = [text for text in texts if _RULE.fullmatch(text)]
    body = [text for text in texts if not _RULE.fullmatch(text)]
    for delimiter in "|,;\t":
        if (drawing := _framed(body, rules, delimiter)) is not None:
            return drawing
    return _below_rule([line.rstrip("\r\n") for line in lines[:LOOKED_AT]])


def _below_rule(texts: Sequence[str]) -> Drawing | None:
    """Columns that begin where the dashes of a rule do, below a header and above rows up to a blank line."""
    at = next((at for at, text in enumerate(texts[:LONGEST_TITLE]) if at and _SPACED_RULE.fullmatch(text)), None)
    if at is None or not texts[at - 1].strip():
        return None
    end = next((end for end in range(at + 1, len(texts)) if not texts[end].strip()), len(texts))
    starts = tuple(dash.start() for dash in _DASHES.finditer(texts[at]))
    return _by_starts([texts[at - 1], *texts[at + 1 : end]], starts) if end > at + 1 else None


def _framed(body: Sequence[str], rules: Sequence[str], delimiter: str) -> Drawing | None:
    """Cells between delimiters, where blanks and borders around them only make the table look like one."""
    rows = [text.strip() for text in body if delimiter in text]
    if len(rows) < 2 or len(rows) < 0.6 * len(body) or any(f'{delimiter}"' in row or row[0] == '"' for row in rows):
        return None
    if not _are_alike([row.count(delimiter) for row in rows]):
        return None
    borders = delimiter == "|" and all(len(row) > 1 and row[0] == row[-1] == delimiter for row in rows)
    ruled = delimiter == "|" and any("|" in rule or "+" in rule for rule in rules) and _has_blanks(rows, delimiter)
    if not (borders or ruled or _is_padded([text for text in body if delimiter in text], delimiter)):
        return None
    return Drawing(delimiter, borders=borders)


def _is_padded(rows: Sequence[str], delimiter: str) -> bool:
    """Whether the delimiters of all rows are one below the other because blanks fill up the cells."""
    places = [tuple(at for at, mark in enumerate(row) if mark == delimiter) for row in rows]
    return len(rows) >= FEWEST and _are_alike(places) and _has_blanks(rows, delimiter)


def _has_blanks(rows: Sequence[str], delimiter: str) -> bool:
    """Whether blanks precede the delimiters of most rows."""
    return sum(f" {delimiter}" in row for row in rows) >= 0.5 * len(rows)


def _are_alike(values: Sequence[object]) -> bool:
    return Counter(values).most_common(1)[0][1] >= ALIKE * len(values)


def find_columns_of_blanks(lines: Sequence[str]) -> Drawing | None:
    """How the lines of a file without a delimiter may be divided at their blanks; only a person can decide that.

    At least one column must have numbers, dates or similar values: text has blanks of its own.
    """
    texts = [line.rstrip("\r\n") for line in lines[:LOOKED_AT] if line.strip()]
    if len(texts) < FEWEST or sum(cell_type(text.strip()) in TYPED for text in texts) * 2 > len(texts):
        return None
    padded = any("  " in text.strip() for text in texts)
    if padded and _divides(texts, Drawing("  ")):
        return Drawing("  ")
    candidates = [Drawing(" "), *([_by_starts(texts, _starts(texts))] if padded else [])]
    dividing = [one for one in candidates if one is not None and _divides(texts, one)]
    return max(dividing, key=lambda one: len(cells_of(texts[-1], one)), default=None)


def _starts(texts: Sequence[str]) -> tuple[int, ...]:
    """Where columns begin whose cells are one below the other, with blanks in between."""
    width = max(map(len, texts))
    filled = [any(text[at : at + 1].strip() for text in texts) for at in range(width)]
    return tuple(at for at in range(width) if filled[at] and (at == 0 or not filled[at - 1]))


def _by_starts(texts: Sequence[str], starts: tuple[int, ...]) -> Drawing | None:
    drawing = Drawing("", starts=starts)
    fitting = sum(_keeps_to(text, drawing) for text in texts)
    return drawing if len(starts) > 1 and fitting >= ALIKE * len(texts) else None


def _divides(texts: Sequence[str], drawing: Drawing) -> bool:
    """Whether the lines, the first one too, get the same number of cells, with a column of numbers or dates."""
    rows = [cells_of(text, drawing) for text in texts]
    width = len(rows[-1])
    fitting = [row for row in rows if len(row) == width]
    if width < 2 or len(rows[0]) != width or len(fitting) < ALIKE * len(rows):
        return False
    return any(
        sum(cell_type(row[column]) in TYPED for row in fitting[1:]) > 0.8 * len(fitting[1:]) for column in range(width)
    )


def _keeps_to(text: str, drawing: Drawing) -> bool:
    """Whether a line has blanks where the columns of a drawing are apart."""
    return all(not text[start - 1 : start].strip() for start in drawing.starts if start)


def cells_of(text: str, drawing: Drawing) -> list[str]:
    """The cells of a line without its line ending; a line that does not keep to the drawing is one cell."""
    if drawing.starts:
        if is_row_count(text) or not _keeps_to(text, drawing):
            return [text.strip()]
        edges = [*drawing.starts[1:], len(text)]
        return [text[start:end].strip() for start, end in zip((0, *drawing.starts[1:]), edges, strict=True)]
    if drawing.between == " ":
        return _WORDS.findall(text)
    if drawing.between == "  ":
        return _WIDE.split(text.strip())
    cells = [cell.strip() for cell in text.split(drawing.between)]
    return cells[1:-1] if drawing.borders and len(cells) > 2 and not cells[0] and not cells[-1] else cells


def delimiter_of(drawing: Drawing) -> str:
    """The text between the cells of a rewritten line."""
    return drawing.between if drawing.between.strip() else "\t"


def written_again(line: str, drawing: Drawing) -> str:
    """A line as CSV, with its line ending; a rule becomes a blank line."""
    text = line.rstrip("\r\n")
    ending = line[len(text) :]
    if not text.strip() or _RULE.fullmatch(text):
        return ending
    delimiter = delimiter_of(drawing)
    return delimiter.join(_quoted(cell, delimiter, drawing) for cell in cells_of(text, drawing)) + ending


def _quoted(cell: str, delimiter: str, drawing: Drawing) -> str:
    if drawing.between == " " or not ('"' in cell or delimiter in cell):
        return cell  # between single blanks the quotes are the file's own
    return '"' + cell.replace('"', '""') + '"'


def redrawn(text: str, drawing: Drawing) -> str:
    """A text of whole lines as CSV."""
    if drawing == Drawing(" ") and not _LINE_BY_LINE.search(text):
        return _BLANKS.sub("\t", _EDGES.sub("", text))  # many times as quick as line by line
    return "".join(written_again(line, drawing) for line in physical_lines(text))


def redrawn_chunks(chunks: Iterator[bytes], drawing: Drawing | None) -> Iterator[bytes]:
    """UTF-8 chunks as CSV, in whole lines."""
    if drawing is None:
        yield from chunks
        return
    rest = b""
    for chunk in chunks:
        text = rest + chunk
        cut = max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1
        rest = text[cut:]
        if cut:
            yield _redrawn_bytes(text[:cut], drawing)
    if rest:
        yield _redrawn_bytes(rest, drawing)


def _redrawn_bytes(text: bytes, drawing: Drawing) -> bytes:
    """Bytes that are no UTF-8 stay what they are: whoever reads them names the place."""
    return redrawn(text.decode("utf-8", "surrogateescape"), drawing).encode("utf-8", "surrogateescape")
