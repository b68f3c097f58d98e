"""An Airflow connection of type ``mssql`` as options of each client library."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from refdata.core.errors import ConfigurationError
from refdata.warehouse.mssql.authorities import trusted
from refdata.warehouse.mssql.freetds import configuration, section_name
from refdata.warehouse.mssql.hosts import Hosts, alternatives
from refdata.warehouse.mssql.mssql_python_driver import connection_string
from refdata.warehouse.mssql.options import ServerOptions, read_options
from refdata.warehouse.tsql.errors import DriverError


def options(**extra: Any) -> ServerOptions:
    return read_options("sql01", None, "db", "u", "p}w;x", extra, "test")


MEANINGS = [
    ({}, {"encrypt": "yes", "trust": False, "driver": "", "packet_size": 0, "port": 1433}),
    ({"Encrypt": "Mandatory"}, {"encrypt": "yes"}),
    ({"encryption": "request"}, {"encrypt": "no"}),
    ({"trust_server_certificate": True}, {"trust": True}),
    ({"Packet Size": "8192", "Bulk_Port": 1434}, {"packet_size": 8192, "bulk_port": 1434}),
    ({"read_only": True}, {"application_intent": "ReadOnly"}),
    ({"ApplicationIntent": "ReadWrite"}, {"application_intent": "ReadWrite"}),
    ({"ApplicationIntent": "ReadWrite", "read_only": False}, {"application_intent": "ReadWrite"}),
    ({"Encrypt": "no", "encryption": "request"}, {"encrypt": "no"}),
    ({"Failover_Partner": "sql02, 1444"}, {"failover_partner": "sql02,1444"}),
    ({"tds_version": "7.3"}, {"client": {"tds_version": "7.3"}}),
]


@pytest.mark.parametrize(("extra", "expected"), MEANINGS, ids=[str(case[0]) for case in MEANINGS])
def test_an_extra_means(extra: dict[str, Any], expected: dict[str, Any]) -> None:
    found = options(**extra)
    assert {name: getattr(found, name) for name in expected} == expected


WRONG = [
    ({"Encrpyt": "yes"}, "Unknown extra encrpyt"),
    ({"Encrypt": "yes", "encryption": "off"}, "The extras Encrypt and encryption say the same thing with different"),
    ({"CAFile": "/a.pem", "ca_file": "/b.pem"}, "The extras CAFile and ca_file say the same thing with different"),
    ({"Encrypt": "maybe"}, "must be yes, no or strict"),
    ({"Failover_Partner": "sql02\\instance"}, "must be a host, or host,port"),
    ({"Failover_Partner": "sql02;UID=x"}, "must be a host, or host,port"),
    ({"HostNameInCertificate": "x;TrustServerCertificate=yes"}, "without ; { }"),
    ({"MultiSubnetFailover": "yes", "Driver": "pymssql"}, "pymssql does not support the extra MultiSubnetFailover"),
    (
        {"Authentication": "ActiveDirectoryMsi", "Driver": "pymssql"},
        "pymssql does not support the extra Authentication",
    ),
    ({"MultiSubnetFailover": "yes", "Failover_Partner": "sql02"}, "exclude each other"),
]


@pytest.mark.parametrize(("extra", "message"), WRONG, ids=[case[1] for case in WRONG])
def test_a_wrong_extra_is_refused(extra: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        options(**extra)


WORDS: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ("Server={sql01,1433};", "PWD={p}}w;x};", "PacketSize={16000};", "Encrypt={yes};")),
    ({"MultiSubnetFailover": "yes"}, ("MultiSubnetFailover={yes};",)),
    ({"Packet_Size": 8192}, ("PacketSize={8192};",)),
    ({"read_only": "true"}, ("ApplicationIntent={ReadOnly};",)),
    ({"Trusted_Connection": "yes"}, ("Trusted_Connection={yes};",)),
    ({"ServerCertificate": "/x.pem"}, ("ServerCertificate={/x.pem};",)),
]


@pytest.mark.parametrize(("extra", "words"), WORDS, ids=[str(case[0]) for case in WORDS])
def test_mssql_python_is_reported(extra: dict[str, Any], words: tuple[str, ...]) -> None:
    found = connection_string(options(**extra), 1433)
    assert [word for word in words if word not in found] == []


LINES: list[tuple[dict[str, Any], list[str], list[str]]] = [
    ({}, ["encryption = require", "check certificate hostname = yes"], ["initial block size"]),
    ({"Packet_Size": 8192}, ["initial block size = 8192"], []),
    ({"CAFile": "/ca.pem"}, ["ca file = /ca.pem"], []),
    ({"Encrypt": "no"}, ["encryption = request"], ["ca file"]),
    ({"TrustServerCertificate": "yes"}, ["encryption = require"], ["ca file"]),
    ({"HostNameInCertificate": "x.y"}, ["certificate hostname = x.y"], []),
]


@pytest.mark.parametrize(("extra", "there", "missing"), LINES, ids=[str(case[0]) for case in LINES])
def test_freetds_is_reported(extra: dict[str, Any], there: list[str], missing: list[str]) -> None:
    found = configuration(options(**extra))
    assert [line for line in there if line not in found] == []
    assert [line for line in missing if line in found] == []
    assert found.startswith(f"[{section_name(options(**extra))}]")


def test_each_way_to_connect_has_a_section_of_its_own() -> None:
    names = {section_name(options(**extra)) for extra, _, _ in LINES}
    assert len(names) == len(LINES)


LOST = DriverError(20009, "", "Unable to connect")
NOT_IN_CHARGE = DriverError(954, "", "It is acting as a mirror database")
REFUSED = DriverError(18456, "", "Login failed")


class Servers:
    """Fakes of two servers; ``down`` maps a host to what it answers."""

    def __init__(self, **down: DriverError) -> None:
        self.down = down
        self.asked: list[str] = []

    def open(self, chosen: ServerOptions) -> str:
        self.asked.append(f"{chosen.host}:{chosen.port}")
        if chosen.host in self.down:
            raise LookupError(chosen.host)
        return chosen.host

    def read(self, error: BaseException) -> DriverError | None:
        return self.down[error.args[0]] if isinstance(error, LookupError) else None


@pytest.mark.parametrize("fault", [LOST, NOT_IN_CHARGE], ids=["unreachable", "mirror"])
def test_the_partner_is_asked_when_the_server_does_not_serve(
    fault: DriverError, caplog: pytest.LogCaptureFixture
) -> None:
    servers, hosts = Servers(sql01=fault), Hosts(options(Failover_Partner="sql02"))
    with caplog.at_level(logging.WARNING):
        assert hosts.connect(servers.open, servers.read) == "sql02"
    assert "sql01:1433 does not answer; trying sql02:1433" in caplog.text
    assert hosts.connect(servers.open, servers.read) == "sql02", "the one that answered last comes first"
    assert servers.asked == ["sql01:1433", "sql02:1433", "sql02:1433"]
    servers.down = {"sql02": LOST}
    assert hosts.connect(servers.open, servers.read) == "sql01", "and back again"


def test_a_refused_login_is_not_tried_elsewhere() -> None:
    servers, hosts = Servers(sql01=REFUSED), Hosts(options(Failover_Partner="sql02"))
    with pytest.raises(LookupError):
        hosts.connect(servers.open, servers.read)
    assert servers.asked == ["sql01:1433"]


def test_both_down_is_an_error_after_one_try_each() -> None:
    servers, hosts = Servers(sql01=LOST, sql02=LOST), Hosts(options(Failover_Partner="sql02,1500"))
    with pytest.raises(LookupError):
        hosts.connect(servers.open, servers.read)
    assert servers.asked == ["sql01:1433", "sql02:1500"]


def test_without_a_partner_there_is_one_server() -> None:
    assert alternatives(options()) == (options(),)
    assert options(Failover_Partner="sql02,1500").where == "sql01:1433 or sql02:1500/db"


def test_the_houses_authorities_join_the_systems_for_a_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "system.pem").write_text("SYSTEM")
    (tmp_path / "own.pem").write_text("OWN")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    with trusted(options(CAFile=str(tmp_path / "own.pem"))):
        assert Path(os.environ["SSL_CERT_FILE"]).read_text().split() == ["OWN", "SYSTEM"]
    assert os.environ["SSL_CERT_FILE"] == str(tmp_path / "system.pem")
    with trusted(options()):
        assert os.environ["SSL_CERT_FILE"] == str(tmp_path / "system.pem")
    with pytest.raises(ConfigurationError, match="cannot be read"), trusted(options(CAFile="/no/such.pem")):
        pass
