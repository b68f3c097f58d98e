"""Bounded reading: the head, the middle and the tail of a file, whatever its size.

Detection reads at most ``sample_bytes`` bytes, so 10 GB costs no more than 1 MB. A smaller file is read
whole, as one head. If all of that is ASCII, places across the file are probed for other bytes, because one
accented letter shows the encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from refdata.sealing import open_local

SAMPLE_BYTES = 1 << 20
"""Bytes that detection reads by default: half from the head, a quarter each from middle and tail."""

PROBES = 64
PROBE_BYTES = 256 * 1024
"""How many places are probed for bytes beyond ASCII, and the bytes of each: 16 MiB are seen without a gap."""

KEPT_PROBES = 4
"""Probes with bytes beyond ASCII that are kept."""

ALIGNMENT = 4
"""Windows start at a multiple of this, so a UTF-16 or UTF-32 unit is never cut at its start."""


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes of a file from ``offset`` on."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """The parts read of a file of ``size`` bytes; ``middle`` and ``tail`` are None when head is all of it.

    ``probes`` are further windows with bytes beyond ASCII, if the others have none.
    """

    size: int
    head: Window
    middle: Window | None = None
    tail: Window | None = None
    probes: tuple[Window, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether the head is the whole file."""
        return self.tail is None

    @property
    def windows(self) -> tuple[Window, ...]:
        """All windows in file order."""
        return tuple(window for window in (self.head, self.middle, self.tail) if window is not None)

    @property
    def evidence(self) -> tuple[Window, ...]:
        """The evidence for the encoding: the windows and the probes."""
        return self.windows + self.probes


def read_sample(path: Path, sample_bytes: int = SAMPLE_BYTES) -> Sample:
    """Read the windows of a file. Raises OSError as ``open`` and ``read`` do."""
    with open_local(path) as file:
        size = file.seek(0, 2)
        if size <= sample_bytes:
            return Sample(size, _window(file, 0, size))
        quarter = max(sample_bytes // 4, ALIGNMENT)
        middle = (size // 2) // ALIGNMENT * ALIGNMENT
        tail = max(middle + quarter, (size - quarter) // ALIGNMENT * ALIGNMENT)
        windows = (
            _window(file, 0, 2 * quarter),
            _window(file, middle, quarter),
            _window(file, tail, size - tail),
        )
        plain = all(window.data.isascii() and b"\0" not in window.data for window in windows)
        return Sample(size, *windows, probes=_probes(file, size) if plain else ())


def _probes(file: BinaryIO, size: int) -> tuple[Window, ...]:
    """The first windows, of those spread evenly over the file, that contain bytes beyond ASCII."""
    step = max(PROBE_BYTES, size // PROBES)
    windows: list[Window] = []
    for offset in range(0, size, step):
        window = _window(file, offset, PROBE_BYTES)
        if not window.data.isascii():
            windows.append(window)
        if len(windows) == KEPT_PROBES:
            break
    return tuple(windows)


def _window(file: BinaryIO, offset: int, length: int) -> Window:
    file.seek(offset)
    return Window(offset, file.read(length))
