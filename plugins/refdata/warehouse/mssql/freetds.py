"""The FreeTDS configuration of one server, which is the only way to make pymssql check certificates.

FreeTDS reads ``freetds.conf`` at each login: https://www.freetds.org/userguide/freetdsconf.html
The file contains no login and no password.
"""

from __future__ import annotations

import hashlib
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi

from refdata.warehouse.mssql.options import ServerOptions

_VARIABLE = "FREETDSCONF"
_lock = threading.Lock()


def configuration(options: ServerOptions) -> str:
    """The section for the server; its name is ``section_name``."""
    lines = [
        f"[{section_name(options)}]",
        f"host = {options.host}",
        f"port = {options.port}",
        "tds version = 7.4",
        f"encryption = { {'yes': 'require', 'no': 'request', 'strict': 'strict'}[options.encrypt] }",
    ]
    if options.packet_size:
        lines.append(f"initial block size = {options.packet_size}")
    if not options.trust and options.encrypt != "no":
        lines += [f"ca file = {authorities(options)}", "check certificate hostname = yes"]
        if options.certificate_host:
            lines.append(f"certificate hostname = {options.certificate_host}")
    return "\n".join(lines) + "\n"


def section_name(options: ServerOptions) -> str:
    """A name that no other server has."""
    line = (options.host, options.port, options.packet_size)
    parts = (*line, options.encrypt, options.trust, authorities(options), options.certificate_host)
    return f"refdata-{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


def authorities(options: ServerOptions) -> str:
    """The file with the certificates to trust: the connection's, else the system's, else certifi's."""
    system = ssl.get_default_verify_paths().cafile
    return options.server_certificate or options.ca_file or system or certifi.where()


@contextmanager
def configured(options: ServerOptions) -> Iterator[str]:
    """The server name for ``pymssql.connect`` while FreeTDS reads our file.

    The environment belongs to the whole process: one login at a time, and the previous value is restored afterwards.
    """
    with _lock, tempfile.TemporaryDirectory(prefix="refdata-") as folder:
        path = Path(folder) / "freetds.conf"
        path.write_text(configuration(options), encoding="utf-8")
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = str(path)
        try:
            yield section_name(options)
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before
