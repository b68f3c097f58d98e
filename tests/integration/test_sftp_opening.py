"""Which servers and logins are accepted: host keys, accounts, addresses, and errors in plain words."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from refdata.core.addresses import Address
from refdata.core.errors import (
    ConfigurationError,
    PermissionDeniedError,
    RefdataError,
)
from refdata.sftpopening import sftp_store
from tests.sftp_servers import new_key, openssh_server

_numbers = count(1)


def opening(monkeypatch: pytest.MonkeyPatch, connection: str, host: str = "127.0.0.1") -> RefdataError:
    """The error that opening a server by this connection ends with."""
    name = f"opened_{next(_numbers)}"
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", connection)
    with pytest.raises(RefdataError) as failed:
        sftp_store(Address.parse(f"sftp://{name}@{host}/x")).require_place()
    return failed.value


def test_a_changed_host_key_is_refused_with_both_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    error = opening(monkeypatch, openssh_server().connection(host_key=new_key()[1]))
    assert isinstance(error, ConfigurationError)
    assert "shows another host key than expected" in error.what
    assert error.what.count("SHA256:") == 2


@pytest.mark.usefixtures("nobodys_home")
def test_an_unknown_host_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    error = opening(monkeypatch, openssh_server().connection(host_key=None))
    assert isinstance(error, ConfigurationError)
    assert error.what == "The host key of the SFTP server is not known"
    assert "ssh-keyscan" in error.advice


@pytest.fixture
def nobodys_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_host_key_in_known_hosts_is_enough(monkeypatch: pytest.MonkeyPatch, nobodys_home: Path) -> None:
    server = openssh_server()
    (nobodys_home / ".ssh").mkdir()
    (nobodys_home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {server.host_key}\n")
    error = opening(monkeypatch, server.connection(host_key=None))
    assert "folder is missing" in error.what, "the server was asked"


@pytest.mark.parametrize("extra", [{"no_host_key_check": "true"}, {"allow_host_key_change": "true"}])
def test_a_connection_that_accepts_any_host_is_refused(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any]) -> None:
    error = opening(monkeypatch, openssh_server().connection(host_key=None, **extra))
    assert isinstance(error, ConfigurationError)
    assert "does not check the server's host key" in error.what


def test_a_wrong_key_is_refused_once_and_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    private, _ = new_key()
    error = opening(monkeypatch, openssh_server().connection(private_key=private, look_for_keys="false"))
    assert isinstance(error, PermissionDeniedError)
    assert "did not accept the login" in error.what
    assert private.splitlines()[2] not in str(error)


@pytest.mark.parametrize(
    ("connection", "host", "what"),
    [
        (openssh_server().connection, "files.example.com", "is for another server: 127.0.0.1"),
        (openssh_server().connection, "127.0.0.1:1", "is for another server: 127.0.0.1"),
        (lambda: openssh_server().connection(private_key="no key"), "127.0.0.1", "cannot be used"),
        (lambda: openssh_server().connection(host_key="no key"), "127.0.0.1", "cannot be used"),
        (lambda: json.dumps({"conn_type": "sftp"}), "no-such-host.invalid", "name of the SFTP server is not known"),
    ],
)
def test_a_connection_that_cannot_serve_says_why(
    monkeypatch: pytest.MonkeyPatch, connection: Callable[[], str], host: str, what: str
) -> None:
    assert what in opening(monkeypatch, connection(), host).what


def test_a_missing_connection_and_a_missing_package_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="'nobodys' cannot be used"):
        sftp_store(Address.parse("sftp://nobodys@127.0.0.1/x")).require_place()
    monkeypatch.setitem(sys.modules, "airflow.providers.sftp.hooks.sftp", None)
    with pytest.raises(ConfigurationError, match="Install apache-airflow-providers-sftp"):
        sftp_store(Address.parse("sftp://other@127.0.0.1/x")).require_place()


def test_an_address_without_a_host_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not name a host"):
        sftp_store(Address.parse("sftp://my_sftp@a:b:c/x"))
