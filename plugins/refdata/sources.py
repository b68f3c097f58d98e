"""The one place that knows which source of dropped files the settings name."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from refdata.core.addresses import Address, is_address
from refdata.core.errors import ConfigurationError
from refdata.core.filetypes import enabled
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff
from refdata.dropoff.given import GivenFile, file_in_folder, file_in_store
from refdata.dropoff.objects import ObjectSource
from refdata.dropoff.objectstore import ObjectStore
from refdata.dropoff.source import Source

_PACKAGES = {
    "s3": "apache-airflow-providers-amazon[s3fs]",
    "s3a": "apache-airflow-providers-amazon[s3fs]",
    "abfs": "apache-airflow-providers-microsoft-azure",
    "abfss": "apache-airflow-providers-microsoft-azure",
    "adl": "apache-airflow-providers-microsoft-azure",
    "gs": "apache-airflow-providers-google",
    "gcs": "apache-airflow-providers-google",
}


def source_of(settings: Settings) -> Source:
    """Where files are dropped: the folder tree below ``dropoff_root``, or the object store that it addresses.

    :raises ConfigurationError: when the address is not one, or the package of its store is not installed.
    """
    if not is_address(settings.dropoff_root):
        return Dropoff.of(settings)
    address = Address.parse(settings.dropoff_root)
    store = ObjectStore(_filesystem(address), address.place, address.public)
    spool = Path(settings.spool_folder or Path(tempfile.gettempdir()) / "refdata-spool")
    gathered = settings.processed_root.strip("/"), settings.error_root.strip("/")
    return ObjectSource(store, spool, gathered, enabled(settings.file_types))


def given_file(path: str) -> GivenFile:
    """The file that a task of another DAG wants loaded: at an absolute path, or at an object's address.

    :raises ConfigurationError: when it is neither, or the package of the store is not installed.
    :raises FileChangedError: when nothing is there.
    """
    if not is_address(path):
        return file_in_folder(path)
    folder, _, name = path.rpartition("/")
    address = Address.parse(folder)
    return file_in_store(ObjectStore(_filesystem(address), address.place, address.public), name)


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
            else f"Use a folder, or an address that begins with one of {', '.join(_PACKAGES)}",
        ) from fault
