"""A fresh database for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from refdata.dropoff.serversource import ServerSource
from tests.integration.engines import ALL, Database, drop_schemas, open_database


@pytest.fixture(params=ALL)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine's name; a test that suits fewer engines parametrises it itself."""
    name: str = request.param
    return name


@pytest.fixture
def database(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    made = open_database(engine, tmp_path, monkeypatch)
    yield made
    made.clear()


@pytest.fixture(scope="session", autouse=True)
def _schemas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    with pytest.MonkeyPatch.context() as monkeypatch:
        drop_schemas(tmp_path_factory.mktemp("end"), monkeypatch)


@pytest.fixture(params=["SFTP", "SMB"])
def drops(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, ServerSource]:
    """A dropoff root on a file server: its folder on this machine, and the source."""
    from tests.integration.server_meddling import SERVERS

    return SERVERS[request.param](tmp_path / "spool")


@pytest.fixture
def sftp_drops(tmp_path: Path) -> tuple[Path, ServerSource]:
    from tests.integration.server_meddling import SERVERS

    return SERVERS["SFTP"](tmp_path / "spool")


@pytest.fixture
def smb_drops(tmp_path: Path) -> tuple[Path, ServerSource]:
    from tests.integration.server_meddling import SERVERS

    return SERVERS["SMB"](tmp_path / "spool")
