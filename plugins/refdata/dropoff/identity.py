"""How a folder writes a file's identity: the only module that knows what an identity consists of.

Everything else carries identities and orders as opaque text. The notation is the one that ledgers have always had, so
a row of any release identifies its file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from refdata.core.dropnames import printable
from refdata.core.errors import ConfigurationError
from refdata.core.model import DroppedFile, LoadType

_SPELLED = re.compile(r"(\d+)-(-?\d+)-(-?\d+)-(\d+)")
_PARTS = ("size", "mtime_ns", "ctime_ns", "inode")
_LOWEST = 2**63
"""Added to a time before 1970, so that its digits sort too."""


@dataclass(frozen=True, slots=True)
class PosixIdentity:
    """A file's identity from ``stat``; any change makes it another drop.

    ``size`` is in bytes, times are in nanoseconds since 1970. The ctime is part of it because a file moved back from
    an archive keeps all the rest.

    >>> str(PosixIdentity(10, 20, 30, 40))
    '10-20-30-40'
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> PosixIdentity:
        """The identity of a file, from what ``stat`` reports."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    @classmethod
    def read(cls, identity: object) -> PosixIdentity:
        """The identity that was written.

        :param identity: the text, or the parts by name, as in the conf of runs of earlier releases.
        :raises ConfigurationError: when it is neither.
        """
        if isinstance(identity, Mapping) and set(identity) == set(_PARTS):
            identity = "-".join(str(identity[name]) for name in _PARTS)
        parts = _SPELLED.fullmatch(identity) if isinstance(identity, str) else None
        if parts is None:
            raise ConfigurationError(
                f"{printable(str(identity)[:100])!r} does not identify a file",
                where="task input",
                advice="Clear the run from its first task, or leave identity empty.",
            )
        return cls(*map(int, parts.groups()))

    def __str__(self) -> str:
        return f"{self.size}-{self.mtime_ns}-{self.ctime_ns}-{self.inode}"

    def is_touched(self, other: PosixIdentity) -> bool:
        """Whether the other is the same file with the same content, perhaps touched (which changes the ctime)."""
        return (self.size, self.mtime_ns, self.inode) == (other.size, other.mtime_ns, other.inode)

    def order(self, name: str) -> str:
        """The key by which files of one table take turns: by last change, then by name.

        >>> PosixIdentity(1, 5, 0, 1).order("b.csv") < PosixIdentity(1, 10, 0, 1).order("a.csv")
        True
        """
        since_1970 = self.mtime_ns >= 0
        digits = self.mtime_ns if since_1970 else self.mtime_ns + _LOWEST
        return f"{since_1970:d}{digits:019d}{name}"

    def dropped(self, path: str, load_type: LoadType, *, is_reference_data: bool) -> DroppedFile:
        """The file at a path relative to the dropoff root that has this identity."""
        return DroppedFile(
            path=path,
            identity=str(self),
            order=self.order(path.rpartition("/")[2]),
            load_type=load_type,
            is_reference_data=is_reference_data,
            size=self.size,
            changed_ns=self.mtime_ns,
            arrived_ns=self.ctime_ns,
        )
