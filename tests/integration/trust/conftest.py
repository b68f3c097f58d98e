"""The place of these tests' sites."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.filesystems import other_filesystem

MEMORY = Path("/dev/shm")


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is some: these sites write to the disk at every step."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture
def elsewhere(memory: Path) -> Iterator[Path]:
    """A folder on another filesystem than ``memory``, where there is one."""
    with tempfile.TemporaryDirectory(dir=other_filesystem(memory) or memory) as folder:
        yield Path(folder)
