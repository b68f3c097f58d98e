"""A company's certificate authorities, for mssql-python, whose connection string has no keyword for them.

Both of its halves, Microsoft's ODBC driver and the Rust core of bulk copy, ask OpenSSL for the system's
authorities, and OpenSSL reads ``SSL_CERT_FILE`` at each login:
https://docs.openssl.org/3.0/man3/X509_STORE_set_default_paths/
"""

from __future__ import annotations

import contextlib
import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from refdata.core.errors import ConfigurationError
from refdata.warehouse.mssql.options import ServerOptions

_VARIABLE = "SSL_CERT_FILE"
_lock = threading.Lock()


@contextlib.contextmanager
def trusted(options: ServerOptions) -> Iterator[None]:
    """Adds the connection's authorities to the system's for the logins within the block.

    The environment belongs to the whole process: one login at a time, and the previous value is restored afterwards.
    The system's authorities stay included, because other connections of the process need them.

    :raises ConfigurationError: when the file cannot be read.
    """
    if not options.ca_file or options.trust or options.encrypt == "no":
        yield
        return
    with _lock, tempfile.TemporaryDirectory(prefix="refdata-") as folder:
        path = Path(folder) / "authorities.pem"
        path.write_bytes(_bundle(options))
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = str(path)
        try:
            yield
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before


def _bundle(options: ServerOptions) -> bytes:
    system = os.environ.get(_VARIABLE) or ssl.get_default_verify_paths().cafile
    try:
        own = Path(options.ca_file).read_bytes()
        return own + b"\n" + (Path(system).read_bytes() if system and Path(system).is_file() else b"")
    except OSError as error:
        raise ConfigurationError(
            f"The file with the authorities cannot be read: {error.strerror}",
            where=options.ca_file,
            advice="Correct the extra CAFile, or make the file readable by the workers.",
        ) from error
