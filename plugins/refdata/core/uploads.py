"""Files that people upload on the page, until they load or discard them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from refdata.core.model import LoadType

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is uploaded but not handed to the watcher yet.

    ``path`` is that of the drop that it becomes, relative to the dropoff root; ``original`` is the name as the browser
    gave it. ``size`` is in bytes; ``at`` is UTC.
    """

    id: int
    path: str
    original: str
    size: int
    by: str
    at: datetime

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def load_type(self) -> LoadType:
        """Whether its rows replace those of the table or are added to them."""
        return LoadType(self.path.split("/")[1])


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much may be uploaded: bytes of one file and of all that wait, and bytes that have to stay free on the disk.

    A file that nobody loads is deleted after ``keep_hours``.
    """

    file_bytes: int
    all_bytes: int
    free_bytes: int
    keep_hours: int
