"""How an object store identifies a drop: the only module that knows what such an identity consists of.

A store has neither inodes nor a ctime. It reports an object's size, its time, and a tag of the content (ETag,
generation). How often the file was handed back is kept beside it and counts too: the object itself is not touched.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from refdata.core.dropnames import load_of, printable
from refdata.core.errors import ConfigurationError
from refdata.core.model import DroppedFile

_SPELLED = re.compile(r"object-(\d+)-(\d+)-([0-9a-f]{16})-(\d+)")
_TAGS = ("ETag", "etag", "generation")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "created")
_SECOND = 1_000_000_000


def short_hash(text: str) -> str:
    """16 hexadecimal digits for a text; they serve as a name that is safe as a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ObjectIdentity:
    """An object's identity; ``mtime_ns`` is in nanoseconds since 1970, ``back`` counts hand-backs.

    >>> str(ObjectIdentity(10, 20, "0123456789abcdef", 0))
    'object-10-20-0123456789abcdef-0'
    """

    size: int
    mtime_ns: int
    tag: str
    back: int = 0

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> ObjectIdentity:
        """The identity of an object, from what fsspec reports about it."""
        # A listing of Azure has no quotes around it, a single look has; not every version of its client evens that out.
        tag = next((str(info[name]).strip('"') for name in _TAGS if info.get(name)), "")
        changed = next((info[name] for name in _TIMES if info.get(name)), None)
        time_ns = _nanoseconds(changed)
        # A listing of S3 has milliseconds and a single look has seconds; with a tag, seconds are enough.
        return cls(int(info["size"] or 0), time_ns // _SECOND * _SECOND if tag else time_ns, short_hash(tag))

    @classmethod
    def read(cls, identity: object) -> ObjectIdentity:
        """The identity that was written.

        :raises ConfigurationError: when it is not one.
        """
        parts = _SPELLED.fullmatch(identity) if isinstance(identity, str) else None
        if parts is None:
            raise ConfigurationError(
                f"{printable(str(identity)[:100])!r} does not identify a file of an object store",
                where="task input",
                advice="Clear the run from its first task, or leave identity empty.",
            )
        size, changed, tag, back = parts.groups()
        return cls(int(size), int(changed), tag, int(back))

    def __str__(self) -> str:
        return f"object-{self.size}-{self.mtime_ns}-{self.tag}-{self.back}"

    @property
    def content(self) -> ObjectIdentity:
        """The identity of the object itself, however often it was handed back."""
        return replace(self, back=0)

    def dropped(self, path: str) -> DroppedFile:
        """The file at a path relative to the root that has this identity.

        :raises DropoffError: when the path is not a drop's path.
        """
        load_type, is_reference_data = load_of(path)
        return DroppedFile(
            path=path,
            identity=str(self),
            order=f"1{self.mtime_ns:019d}{path.rpartition('/')[2]}",
            load_type=load_type,
            is_reference_data=is_reference_data,
            size=self.size,
            changed_ns=self.mtime_ns,
            arrived_ns=self.mtime_ns,
        )


def _nanoseconds(moment: object) -> int:
    """A time as stores report it: a datetime, seconds since 1970, or ISO text; 0 when there is none."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        since = aware - datetime(1970, 1, 1, tzinfo=UTC)
        return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
    return round(moment * 1_000_000) * 1_000 if isinstance(moment, (int, float)) else 0
