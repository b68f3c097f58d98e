"""The uploads part of the Python API and the page: ``ReferenceData.uploads``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from refdata.audit import AuditAction, AuditEntry, AuditTrail
from refdata.core.dropnames import LOAD_FOLDERS, beside, is_candidate, load_folder_name, name_fault, safe_name
from refdata.core.errors import DataError, LockTimeoutError
from refdata.core.filetypes import enabled, listed
from refdata.core.loadstates import IN_FLIGHT, REFUSED
from refdata.core.model import Load, LoadType
from refdata.core.owntables import own_tables
from refdata.core.tablenames import name_for, table_name
from refdata.core.uploads import MEGABYTE, Upload, UploadLimits
from refdata.core.versions import live_version
from refdata.dropoff import Dropoff
from refdata.dropoff.quarantine import Incoming, Quarantine
from refdata.dropoff.scanner import scan_upload, scanner_command
from refdata.ingest.classing import table_class
from refdata.ingest.context import Deps
from refdata.ingest.previewing import Preview, preview

__all__ = ["Incoming", "Preview", "Upload", "Uploads", "WaitingUpload"]

SIDECARS = ("error.json", "rejects.csv")
"""What an archive keeps beside a refused file."""
_PREVIEWS = threading.BoundedSemaphore(2)
"""A preview needs the memory of a load: one process computes few at once."""


@dataclass(frozen=True, slots=True)
class WaitingUpload:
    """An upload with its table, and what else is on its way into that table.

    ``others`` are the other uploads for the table, ``loads`` the dropped files that are not loaded yet.
    """

    upload: Upload
    table: str
    is_reference_data: bool
    others: tuple[Upload, ...] = ()
    loads: tuple[Load, ...] = ()


class Uploads:
    """Files that people upload: received into a quarantine, examined, then handed to the watcher or discarded."""

    def __init__(self, deps: Callable[[], Deps], expected: Callable[[], AbstractContextManager[None]]) -> None:
        self._deps = deps
        self._expected = expected

    def refusal(self) -> DataError | None:
        """Why no file can be uploaded here, before anybody chooses one; None where uploads are taken."""
        return _refusal(self._deps())

    @contextmanager
    def receiving(
        self, name: str, *, by: str, size: int = 0, table: str = "", load_type: LoadType = LoadType.FULL
    ) -> Iterator[Incoming]:
        """Takes a file in; end it with ``finish``, or nothing stays of it.

        :param name: as the browser gave it; the file gets a safe one.
        :param size: the announced size in bytes; 0 when it is unknown.
        :param table: the table that it is for; ``""`` for the one that its name gives.
        :raises DataError: when uploads are off, its type is not enabled, or it is too large.
        """
        deps = self._deps()
        quarantine = _quarantine(deps)
        quarantine.sweep(deps.clock())
        path = self._path(deps, _named(deps, name, table), load_type)
        with quarantine.receive(path, name[:255], by, deps.clock(), size) as incoming:
            yield incoming

    def finish(self, incoming: Incoming) -> WaitingUpload:
        """Ends an upload: the virus scanner looks at the file, then it waits.

        :raises DataError: when the scanner refuses the file, or it is empty.
        :raises FileBusyError: when the scanner does not end in time.
        """
        deps = self._deps()
        if not incoming.size:
            raise DataError("The file is empty", where=incoming.upload.name, advice="Choose a file with data.")
        incoming.stream.flush()
        if command := scanner_command(deps.settings.upload_scanner):
            file = incoming.quarantine.file(incoming.upload)
            scan_upload(command, file, deps.settings.upload_scanner_timeout)
        return self._waiting(deps, incoming.quarantine.keep(incoming))

    def waiting(self, table: str = "") -> tuple[WaitingUpload, ...]:
        """The uploads that wait, oldest first; those for one table if given."""
        deps = self._deps()
        found = _quarantine(deps).all() if deps.dropoff.takes_uploads else ()
        return tuple(self._about(deps, one, found, ()) for one in found if not table or _table(deps, one) == table)

    def table_of(self, number: int) -> str:
        """The table that an upload is for.

        :raises DataError: when it is gone.
        """
        deps = self._deps()
        return _table(deps, _quarantine(deps).get(number))

    def preview(
        self, number: int, *, table: str = "", load_type: LoadType | None = None
    ) -> tuple[WaitingUpload, Preview]:
        """What would happen if an upload were loaded; changes nothing but the upload's own target.

        :param table: another table for the file; ``load_type``: another effect on the table's rows.
        :raises DataError: when the upload is gone, or no file can be loaded into that table.
        :raises LockTimeoutError: when somebody is examining or loading it, or too many previews run.
        """
        deps = self._deps()
        quarantine = _quarantine(deps)
        if not _PREVIEWS.acquire(blocking=False):
            raise LockTimeoutError("Two files are being examined", where="uploads", advice="Try again in a moment.")
        try:
            with self._expected(), quarantine.locked(number):
                upload = quarantine.get(number)
                name = _named(deps, upload.name, table)
                upload = quarantine.retarget(upload, self._path(deps, name, load_type or upload.load_type))
                own = replace(Dropoff.of(deps.settings), root=quarantine.tree(upload))
                examined = preview(replace(deps, dropoff=own), own.find(upload.path))
                return self._waiting(deps, upload), examined
        finally:
            _PREVIEWS.release()

    def load(self, number: int, *, by: str, live_version_seen: int) -> WaitingUpload:
        """Hands an upload to the watcher, which loads it like any dropped file.

        :param live_version_seen: the live version that the preview was compared with.
        :raises DataError: when the upload is gone, the table changed since, or a file of its name waits already.
        """
        deps = self._deps()
        quarantine = _quarantine(deps)
        with self._expected(), quarantine.locked(number):
            upload = quarantine.get(number)
            waiting = self._waiting(deps, upload)
            now = live_version(deps.ledger.versions(waiting.table))
            if now != live_version_seen:
                raise DataError(
                    f"{waiting.table} has changed since you looked: version {now} is live now",
                    where=upload.name,
                    advice="Look at the differences again, then load the file.",
                )
            with deps.warehouse.transaction() as session:

                def record(order_key: str) -> None:
                    entry = _entry(AuditAction.UPLOAD, waiting, by, deps.clock(), order_key=order_key)
                    AuditTrail(deps.warehouse).record_in(session, entry)

                quarantine.release(upload, record)
        return waiting

    def discard(self, number: int, *, by: str) -> WaitingUpload:
        """Deletes an upload.

        :raises DataError: when it is gone.
        """
        deps = self._deps()
        quarantine = _quarantine(deps)
        with self._expected(), quarantine.locked(number):
            waiting = self._about(deps, quarantine.get(number), (), ())
            AuditTrail(deps.warehouse).record(_entry(AuditAction.DISCARD, waiting, by, deps.clock()))
            quarantine.discard(number)
        return waiting

    def is_kept(self, load_id: int) -> bool:
        """Whether the file of a refused load is still in the archive.

        :raises DataError: when there is no such load.
        """
        deps = self._deps()
        with self._expected():
            return _is_kept(_load(deps, load_id))

    def retry(self, load_id: int, *, by: str, table: str = "") -> WaitingUpload:
        """Makes a refused file an upload again; the archive keeps its copy.

        :param table: another table for it.
        :raises DataError: when the load was not refused, or its file is gone.
        """
        deps = self._deps()
        with self._expected():
            row = _refused(deps, load_id)
            with (
                deps.dropoff.open_archived(row.file_path) as stream,
                self.receiving(
                    row.file_name,
                    by=by,
                    size=row.file_size or 0,
                    table=table or row.table_name,
                    load_type=row.load_type,
                ) as incoming,
            ):
                while piece := stream.read(MEGABYTE):
                    incoming.write(piece)
                return self.finish(incoming)

    def discard_refused(self, load_id: int, *, by: str, reason: str) -> None:
        """Deletes a refused file and what is beside it in the archive; the ledger keeps the load.

        :raises DataError: when the load was not refused, or its file is gone.
        """
        deps = self._deps()
        with self._expected():
            row = _refused(deps, load_id)
            path = Path(row.file_path)
            with deps.dropoff.open_archived(row.file_path):
                pass  # in an archive, and no link
            # Recorded first: a kill in between must not lose who asked for it.
            AuditTrail(deps.warehouse).record(
                AuditEntry(
                    deps.clock(), AuditAction.DISCARD, by, row.table_name, row.id, subject=row.file_path, reason=reason
                )
            )
            for name in (path.name, *(beside(path.name, suffix) for suffix in SIDECARS)):
                deps.dropoff.delete_archived(str(path.parent), name)

    @staticmethod
    def _path(deps: Deps, name: str, load_type: LoadType) -> str:
        """Where a file of this name is dropped: in the folder of its table's class."""
        known = table_class(deps, table_name(name, reserved=own_tables(deps.settings)))
        return f"{load_folder_name(load_type, known is not False)}/{name}"

    def _waiting(self, deps: Deps, upload: Upload) -> WaitingUpload:
        table = _table(deps, upload)
        page = (deps.ledger.page(status=status, search=table, limit=50).files for status in IN_FLIGHT)
        loads = tuple(row for rows in page for row in rows if row.table_name == table)
        return self._about(deps, upload, _quarantine(deps).all(), loads)

    @staticmethod
    def _about(deps: Deps, upload: Upload, uploads: Sequence[Upload], loads: tuple[Load, ...]) -> WaitingUpload:
        table = _table(deps, upload)
        others = tuple(one for one in uploads if one.id != upload.id and _table(deps, one) == table)
        return WaitingUpload(upload, table, upload.path.startswith("reference_"), others, loads)


def _load(deps: Deps, load_id: int) -> Load:
    row = deps.ledger.get(load_id)
    if row is None:
        raise DataError(f"There is no load {load_id}", where="ledger", advice="Look it up among the files.")
    return row


def _is_kept(row: Load) -> bool:
    """Whether the load was refused, and its file is in the archive."""
    return row.status in REFUSED and Path(row.file_path).is_absolute() and Path(row.file_path).is_file()


def _refused(deps: Deps, load_id: int) -> Load:
    row = _load(deps, load_id)
    if not _is_kept(row):
        why = "its file is no longer kept" if row.status in REFUSED else f"it is {row.status}"
        raise DataError(
            f"Load {load_id} has no refused file: {why}",
            where=row.file_name,
            advice="Correct your own copy of the file, and upload it.",
        )
    return row


def _refusal(deps: Deps) -> DataError | None:
    """Why these settings take no uploads: they are switched off, or there is no folder for them to wait in."""
    if not deps.dropoff.takes_uploads:
        return DataError(
            f"Files cannot be uploaded on this page: they are dropped into {deps.dropoff.place}",
            advice=f"Put the file there with the tools of its store or server, below {' or '.join(LOAD_FOLDERS[:2])}."
            " Its checks and its load then appear among the files.",
        )
    if not deps.settings.upload_max_mb:
        return DataError("Uploads are switched off", where="uploads", advice="Put files into the dropoff folder.")
    return None


def _quarantine(deps: Deps) -> Quarantine:
    if not deps.dropoff.takes_uploads and (refusal := _refusal(deps)):
        raise refusal
    settings = deps.settings
    limits = UploadLimits(
        settings.upload_max_mb * MEGABYTE,
        settings.upload_folder_max_mb * MEGABYTE,
        settings.min_free_mb * MEGABYTE,
        settings.upload_keep_hours,
    )
    return Quarantine(Path(settings.dropoff_root), limits)


def _table(deps: Deps, upload: Upload) -> str:
    return table_name(upload.name, reserved=own_tables(deps.settings))


def _named(deps: Deps, name: str, table: str) -> str:
    """A safe name that leads to the table.

    :raises DataError: when such a file cannot be loaded, or no name leads to the table.
    """
    settings = deps.settings
    if refusal := _refusal(deps):
        raise refusal
    safe = safe_name(name)
    types = enabled(settings.file_types)
    if not is_candidate(safe, types) or name_fault(safe):
        raise DataError(
            f"A file of this type cannot be loaded here: {safe}",
            where="uploads",
            advice=f"Choose a {listed(types)} file.",
        )
    routed = name_for(safe, table, reserved=own_tables(settings))
    if not routed:
        raise DataError(
            f"No file can be loaded into {table}", where="uploads", advice="Choose one of the loaded tables, or none."
        )
    return routed


def _entry(action: AuditAction, waiting: WaitingUpload, by: str, now: datetime, **known: str) -> AuditEntry:
    upload = waiting.upload
    about = {"original": upload.original, "size": upload.size, "load_type": upload.load_type.value, "by": upload.by}
    detail = {**about, **known}
    return AuditEntry(now, action, by, waiting.table, subject=upload.path, detail=detail)
