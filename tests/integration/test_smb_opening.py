"""Which shares and logins are accepted: accounts, encryption, addresses, and errors in plain words."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from refdata.core.addresses import Address
from refdata.core.errors import ConfigurationError, FileBusyError, PermissionDeniedError, RefdataError
from refdata.dropoff.serverstore import ServerStore
from refdata.dropoff.smbshare import SmbConnection, SmbShare
from refdata.smbopening import smb_store
from tests.integration.relay import Relay
from tests.smb_server import PASSWORD, samba_server, started

_numbers = count(1)


def store_by(monkeypatch: pytest.MonkeyPatch, connection: str, place: str = "127.0.0.1/files") -> ServerStore:
    name = f"share_{next(_numbers)}"
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", connection)
    return smb_store(Address.parse(f"smb://{name}@{place}"))


def opening(monkeypatch: pytest.MonkeyPatch, connection: str, place: str = "127.0.0.1/files") -> RefdataError:
    """The error that opening a share by this connection ends with."""
    with pytest.raises(RefdataError) as failed:
        store_by(monkeypatch, connection, place).require_place()
    return failed.value


def test_a_wrong_password_is_tried_once_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    relay = Relay("127.0.0.1", samba_server().port)
    wrong = samba_server().connection(password="wr0ng-canary", port=relay.port)
    first = opening(monkeypatch, wrong)
    relay.cut(refuse=True)
    second = opening(monkeypatch, wrong)
    relay.restore()
    assert (type(first), type(second)) == (PermissionDeniedError, PermissionDeniedError)
    assert first.what == f"The file server did not accept the login '{samba_server().login}': user or password is wrong"
    assert "is not tried again for ten minutes" in second.what
    right = store_by(monkeypatch, samba_server().connection(port=relay.port))
    assert right.has_folder("")  # what is corrected is tried at once
    right.server.close()
    relay.close()
    shown = f"{first}{second}{caplog.text}"
    assert "wr0ng-canary" not in shown
    assert PASSWORD not in shown


def test_nobody_is_let_in_as_a_guest(monkeypatch: pytest.MonkeyPatch) -> None:
    error = opening(monkeypatch, samba_server().connection(login="nobody-known"))
    assert isinstance(error, PermissionDeniedError)
    assert "would let it in as a guest only" in error.what


@pytest.mark.parametrize(
    ("parts", "place", "what"),
    [
        ({}, "files.example.com/files", "is for another server: 127.0.0.1"),
        ({}, "127.0.0.1:1/files", "is for another server: 127.0.0.1"),
        ({"schema": "other"}, "127.0.0.1/files", "is for another share: other"),
        ({"password": ""}, "127.0.0.1/files", "has no login or no password, and nobody logs in as a guest"),
        ({"extra": {"auth_protocol": "basic"}}, "127.0.0.1/files", "has an unknown auth_protocol"),
        ({}, "127.0.0.1/none", "has no such share"),
        ({}, "127.0.0.1/files/none", "folder is missing on the file server"),
    ],
)
def test_a_connection_that_cannot_serve_says_why(
    monkeypatch: pytest.MonkeyPatch, parts: dict[str, Any], place: str, what: str
) -> None:
    error = opening(monkeypatch, samba_server().connection(**parts), place)
    assert isinstance(error, ConfigurationError)
    assert what in error.what


def test_a_name_that_nobody_knows_and_a_server_that_is_away_are_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    account = json.dumps({"conn_type": "samba", "login": "a", "password": "b", "port": 1})
    away = opening(monkeypatch, account)
    unknown = opening(monkeypatch, account, "no-such-host.invalid/x")
    assert (type(away), type(unknown)) == (FileBusyError, FileBusyError)
    assert "cannot be reached" in away.what
    assert "name of the file server is not known" in unknown.what


def test_a_missing_connection_package_or_ticket_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="'nobodys' cannot be used"):
        smb_store(Address.parse("smb://nobodys@127.0.0.1/x")).require_place()
    with pytest.raises(ConfigurationError, match="package for Kerberos is missing"):
        smb_store(Address.parse(f"smb://127.0.0.1:{samba_server().port}/files")).require_place()
    monkeypatch.setitem(sys.modules, "refdata.dropoff.smbshare", None)
    with pytest.raises(ConfigurationError, match="Install apache-airflow-providers-samba"):
        smb_store(Address.parse("smb://other@127.0.0.1/x")).require_place()


@pytest.mark.parametrize("address", ["smb://my_smb@files.example.com", "smb://my_smb@a:b:c/x", "smb://a@b/%2e%2e/x"])
def test_an_address_without_host_or_share_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="does not name a"):
        smb_store(Address.parse(address))


def test_a_blank_in_the_name_of_a_share_is_written_as_in_a_url(monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_by(monkeypatch, samba_server().connection(), "127.0.0.1/other%20folder")
    assert store.has_folder("")


@pytest.mark.parametrize("extra", [{"encrypt": True}, {"encrypt": "true"}])
def test_a_connection_may_require_encryption(monkeypatch: pytest.MonkeyPatch, extra: dict[str, object]) -> None:
    store = store_by(monkeypatch, samba_server().connection(extra=extra))
    (samba_server().files / "secret.csv").write_bytes(b"a\n1\n")
    assert store.content("secret.csv") == b"a\n1\n"
    with store.server.session() as share:
        assert isinstance(share, SmbShare)
        (session,) = (one for line in share._connections.values() for one in line.session_table.values())
        assert session.encrypt_data


def test_a_server_that_cannot_encrypt_is_refused_where_that_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    samba_server()
    error = opening(monkeypatch, started("server smb encrypt = off").connection(extra={"encrypt": "1"}))
    assert isinstance(error, ConfigurationError)
    assert error.what == "The file server cannot encrypt, and the connection requires it"


def test_a_dfs_path_is_followed_by_the_same_strict_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    samba_server()
    namespace = Path(tempfile.mkdtemp(prefix="refdata-dfs-"))  # not in tmp_path, where the account sees nothing
    namespace.chmod(0o755)
    (namespace / "landing").symlink_to("msdfs:127.0.0.1\\files")
    server = started(f"[namespace]\npath = {namespace}\nmsdfs root = yes\n")
    store = store_by(monkeypatch, server.connection(), "127.0.0.1/namespace/landing")
    assert store.create("a.csv", b"a\n1\n")
    assert store.move("a.csv", "b.csv")
    assert (server.files / "b.csv").read_bytes() == b"a\n1\n"
    with store.server.session() as share:
        assert isinstance(share, SmbShare)
        assert {type(line) for line in share._connections.values()} == {SmbConnection}
    store.server.close()
    shutil.rmtree(namespace)
