"""Words that must stay where they were put, and the search for them in all that a run writes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

ROW = "canaryrow"
"""The beginning of each planted value of a row, so that a piece of one is found too."""
SKIPPED = "canaryskipped"
"""The beginning of each planted line before and after a table; the ledger lists such lines."""
PASSWORD = "canary-Pass/w}rd@1"
EXTRA = "canaryextra5501"
TOKEN = "canarytoken5502"
NOTIFIER = "canarynotifier5503"
SECRETS = (PASSWORD, PASSWORD.partition("/")[0], EXTRA, TOKEN, NOTIFIER)


def spellings(word: str) -> Iterator[bytes]:
    """A word as files may hold it: plain in the encodings of this world, in an address, in base64."""
    yield from (word.encode(name) for name in ("utf-8", "utf-16-le"))
    yield quote(word, safe="").encode()
    yield base64.b64encode(word.encode())[: len(word) // 3 * 4]


def leaks(folder: Path, words: tuple[str, ...], allowed: tuple[str, ...] = ()) -> list[str]:
    """Each place below ``folder`` that contains a word, as ``path: its surroundings``.

    :param allowed: endings of the names of files that may hold it.
    """
    paths = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(allowed or ("\0",))
    )
    return [place for path in paths for place in found_in(str(path.relative_to(folder)), path.read_bytes(), words)]


def found_in(name: str, data: bytes, words: tuple[str, ...]) -> list[str]:
    """``name`` with what is around each word that the data holds, case aside."""
    lowered = data.lower()
    places = {lowered.find(spelled.lower()) for word in words for spelled in spellings(word)}
    return [f"{name}: {data[max(0, at - 150) : at + 60]!r}" for at in sorted(places) if at >= 0]
