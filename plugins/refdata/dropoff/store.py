"""What a source needs of a place that is no folder of this machine: the port of ``ObjectStore`` and ``ServerStore``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Protocol


class Store(Protocol):
    """Files by their paths below one place; errors are those of the tree. Nothing is remembered between two calls."""

    @property
    def prefix(self) -> str:
        """The place as the store itself names it, without a slash at the end."""
        ...

    @property
    def address(self) -> str:
        """How people write the place, without credentials."""
        ...

    def children(self, folder: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and facts of each file directly in a folder; none where the folder does not exist."""
        ...

    def info(self, path: str) -> Mapping[str, Any] | None:
        """The facts about a file; None where there is none."""
        ...

    def held(self, paths: Iterable[str]) -> frozenset[str]:
        """Those of the files that another program has open, as far as the store knows."""
        ...

    def require_place(self) -> None:
        """A missing place must not look like an empty one.

        :raises ConfigurationError: when it is missing, or the connection may not see it.
        """
        ...

    def read(self, path: str) -> Iterator[bytes]:
        """The file's bytes in order, each fetched once.

        :raises FileChangedError: when it is gone.
        """
        ...

    def write(self, path: str, content: bytes) -> None:
        """Writes a small file whole, over any other."""
        ...

    def create(self, path: str, content: bytes) -> bool:
        """Writes a small file unless there is one; returns whether it did. Of several callers one succeeds."""
        ...

    def upload(self, path: str, stream: IO[bytes]) -> None:
        """Writes a file from a local one; it appears when it is complete."""
        ...

    def copy(self, path: str, target: str) -> None:
        """Copies a file; the copy appears when it is complete."""
        ...

    def delete(self, path: str) -> None:
        """Deletes a file; it may be gone already."""
        ...

    def content(self, path: str) -> bytes | None:
        """A small file's bytes; None where there is none."""
        ...
