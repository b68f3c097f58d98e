"""Addresses of object stores and servers, as ``dropoff_root`` writes them: ``s3://connection@bucket/prefix``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from refdata.core.errors import ConfigurationError

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://(?:([\w.-]+)@)?([^@/\s?#]+(?:/[^@\s?#]*)?)")


def is_address(root: str) -> bool:
    """Whether a dropoff root is an address, not a folder.

    >>> is_address("s3://my_aws@landing/refdata"), is_address("/data/dropoff")
    (True, False)
    """
    return "://" in root


def with_connection(path: str, conn_id: str) -> str:
    """An address that names the connection; without one the path stays as it is.

    >>> with_connection("s3://landing/in/*.csv", "my_aws")
    's3://my_aws@landing/in/*.csv'

    :raises ConfigurationError: when it is no address, or names another connection.
    """
    if not conn_id:
        return path
    scheme, _, place = path.partition("://")
    if not is_address(path) or "@" in place.partition("/")[0]:
        raise ConfigurationError(
            "conn_id is the connection of an address that names none itself",
            where="conn_id",
            advice="Leave conn_id out for a folder, and where the address names its connection.",
        )
    return f"{scheme}://{conn_id}@{place}"


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address. ``conn_id`` names an Airflow connection, ``""`` the machine's own credentials.

    ``place`` is the bucket, or the host of a server, and the path below it, without a slash at the end.
    """

    scheme: str
    conn_id: str
    place: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """The parts of ``scheme://connection@bucket/prefix``.

        >>> Address.parse("s3://my_aws@landing/refdata/")
        Address(scheme='s3', conn_id='my_aws', place='landing/refdata')

        :raises ConfigurationError: when it is not an address, or contains a password.
        """
        parts = _ADDRESS.fullmatch(text)
        if parts is None or ".." in parts[3].split("/") or "//" in parts[3]:
            raise ConfigurationError(
                "Setting dropoff_root is not an address of a store or server",  # not quoted: it may contain a password
                where="dropoff_root",
                advice="Write scheme://connection@bucket/prefix, such as s3://my_aws@landing/refdata, or"
                " sftp://connection@host/path, smb://connection@host/share/path, and keep keys and passwords in the"
                " Airflow connection",
            )
        return cls(parts[1], parts[2] or "", parts[3].rstrip("/"))

    @property
    def public(self) -> str:
        """The address without the connection, as logs and the ledger have it.

        >>> Address.parse("s3://my_aws@landing/refdata").public
        's3://landing/refdata'
        """
        return f"{self.scheme}://{self.place}"
