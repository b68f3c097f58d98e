"""Azure Blob Storage on loopback by Azurite, once per test process: ``npm install azurite`` brings it.

It is found on PATH, or where REFDATA_TEST_AZURITE says: the path of its program ``azurite-blob``.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
from collections import deque
from functools import lru_cache
from threading import Thread
from typing import Any

import pytest

_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the one account that every Azurite has: https://github.com/Azure/Azurite#default-storage-account."""
_LISTENS = re.compile(r"listens on (http://[\d.]+:\d+)")


def azure_filesystem() -> Any:
    """A filesystem of fsspec on that server."""
    import adlfs

    return adlfs.AzureBlobFileSystem(connection_string=connection_string())


def azure_container(name: str) -> None:
    """Makes a container there."""
    from azure.storage.blob import BlobServiceClient

    with BlobServiceClient.from_connection_string(connection_string()) as client:
        client.create_container(name).close()


@lru_cache(maxsize=1)
def connection_string() -> str:
    """How a client reaches the server, which stops with the process."""
    program = os.environ.get("REFDATA_TEST_AZURITE") or shutil.which("azurite-blob")
    if not program:
        pytest.skip("REFDATA_TEST_AZURITE names no Azurite")
    endpoint = f"{_started(program)}/devstoreaccount1"
    return f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={_KEY};BlobEndpoint={endpoint};"


def _started(program: str) -> str:
    options = ("--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry", "--blobPort", "0")
    server = subprocess.Popen([program, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    atexit.register(server.kill)  # asked to end, it waits for its clients
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if found := _LISTENS.search(line):
            Thread(target=deque, args=(server.stdout, 0), daemon=True).start()  # it stops when nobody reads its log
            return found[1]
    raise AssertionError(f"Azurite does not start: {said}")
