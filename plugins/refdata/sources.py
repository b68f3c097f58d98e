"""The one place that knows which source of dropped files the settings name."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

from refdata.core.addresses import Address, is_address
from refdata.core.errors import ConfigurationError, FileChangedError
from refdata.core.filetypes import enabled
from refdata.core.settings import Settings
from refdata.core.uploads import MEGABYTE
from refdata.dropoff import Dropoff
from refdata.dropoff.given import GivenFile, file_in_folder, file_in_store, files_in_folder, files_in_store
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectspool import ObjectSpool
from refdata.dropoff.objectstore import ObjectStore
from refdata.dropoff.serversource import ServerSource
from refdata.dropoff.serverstore import ServerStore
from refdata.dropoff.source import Source
from refdata.dropoff.store import Store
from refdata.sftpopening import sftp_store
from refdata.smbopening import smb_store

_PACKAGES = {
    "s3": "apache-airflow-providers-amazon[s3fs]",
    "s3a": "apache-airflow-providers-amazon[s3fs]",
    "abfs": "apache-airflow-providers-microsoft-azure",
    "abfss": "apache-airflow-providers-microsoft-azure",
    "adl": "apache-airflow-providers-microsoft-azure",
    "gs": "apache-airflow-providers-google",
    "gcs": "apache-airflow-providers-google",
}

_WILDCARD = re.compile(r"[*?\[]")


def source_of(settings: Settings) -> Source:
    """Where files are dropped: the folder tree below ``dropoff_root``, or the store or server that it addresses.

    :raises ConfigurationError: when the address is not one, or the package of its store is not installed.
    """
    if not is_address(settings.dropoff_root):
        return Dropoff.of(settings)
    store = _store(settings.dropoff_root)
    folder = Path(settings.spool_folder or Path(tempfile.gettempdir()) / "refdata-spool")
    spool = ObjectSpool(folder, settings.min_free_mb * MEGABYTE, settings.spool_encrypted)
    gathered = settings.processed_root.strip("/"), settings.error_root.strip("/")
    types = enabled(settings.file_types)
    if isinstance(store, ServerStore):
        return ServerSource(store, spool, gathered, types)
    return ObjectSource(store, spool, gathered, types)


def given_file(path: str) -> GivenFile:
    """The file that a task of another DAG wants loaded: at an absolute path, or at an address.

    :raises ConfigurationError: when it is neither, or the package of the store is not installed.
    :raises FileChangedError: when nothing is there.
    """
    if not is_address(path):
        return file_in_folder(path)
    folder, _, name = path.rpartition("/")
    return file_in_store(_store(folder), name)


def given_files(path: str) -> dict[str, GivenFile]:
    """The files that are there now, by their paths, with the connection in an address.

    :param path: of one file, of a folder or prefix (with ``/`` at its end), or with wildcards in the name.
    :raises ConfigurationError: when it is none of these, or the package of the store is not installed.
    :raises DropoffError: when one file is named and it is not a regular file.
    :raises PermissionDeniedError: when the folder or a file is not readable.
    """
    if not is_address(path) and Path(path).is_dir():
        path = f"{path.rstrip('/')}/"
    folder, _, pattern = path.rpartition("/")
    if _WILDCARD.search(folder):
        raise ConfigurationError(
            "A folder's name contains a wildcard; only the name of the file may",
            where=path,
            advice="Name the folder in full, or give each folder a task of its own.",
        )
    if pattern and not _WILDCARD.search(pattern):
        return _given_if_there(path)
    if is_address(path):
        return {f"{folder}/{file.name}": file for file in files_in_store(_store(folder), pattern or "*")}
    at_top = "/" if path.startswith("/") else "."
    return {file.place: file for file in files_in_folder(folder or at_top, pattern or "*")}


def require_outside(path: str, settings: Settings) -> None:
    """A file below the dropoff root is loaded by the watcher; loaded by a task too, it would be there twice.

    :raises ConfigurationError: when a path, or an address with or without its connection, is below the root.
    """
    root = _public(f"{settings.dropoff_root.rstrip('/')}/")
    if f"{_public(path)}/".startswith(root):
        raise ConfigurationError(
            "The file is below the dropoff root, whose files refdata_watch loads",
            where=_public(path),
            advice="Keep files that your own DAG loads in another folder, or leave this one to refdata_watch.",
        )


def _public(path: str) -> str:
    """A path or an address as ``GivenFile.place`` has it, without the connection."""
    folder, _, name = path.rpartition("/")
    return f"{Address.parse(folder).public}/{name}" if is_address(path) else path


def _given_if_there(path: str) -> dict[str, GivenFile]:
    try:
        file = given_file(path)
    except FileChangedError:
        return {}
    folder, _, name = path.rpartition("/")
    return {} if is_address(path) and _store(folder).held([name]) else {path: file}


def _store(folder: str) -> Store:
    address = Address.parse(folder)
    if address.scheme == "sftp":
        return sftp_store(address)
    if address.scheme == "smb":
        return smb_store(address)
    return ObjectStore(_filesystem(address), address.place, address.public)


def _filesystem(address: Address) -> Any:
    """The filesystem that Airflow makes from the connection; it is kept for the life of the process."""
    if address.scheme == "memory":  # fsspec's own store in this process, for tests and for trying things out
        import fsspec

        return fsspec.filesystem("memory")
    from airflow.sdk.io import attach

    try:
        return attach(address.scheme, conn_id=address.conn_id or None).fs
    except (ImportError, ValueError) as fault:
        package = _PACKAGES.get(address.scheme)
        raise ConfigurationError(
            f"This Airflow cannot open {address.scheme}:// addresses ({type(fault).__name__})",
            where=address.public,
            advice=f"Install {package}, for scheduler, triggerer and workers"
            if package
            else f"Use a folder, or an address that begins with one of {', '.join(_PACKAGES)}, sftp, smb",
        ) from fault
