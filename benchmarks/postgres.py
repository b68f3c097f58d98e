"""A PostgreSQL server for Airflow's own database in a benchmark: Debian's package ``postgresql``, started as root."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

MOST_CONNECTIONS = 300


def programs() -> Path:
    """The folder of PostgreSQL's programs: Debian does not put it on PATH."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"))


def server(folder: Path, port: int, addresses: str = "*") -> list[str]:
    """The command of a new server, whose user ``postgres`` needs no password: the network is the benchmark's own.

    PostgreSQL refuses to run as root. ``postgres`` must be able to go through ``folder``.
    """
    as_owner = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    place = folder / "postgres"
    place.mkdir()
    shutil.chown(place, "postgres", "postgres")
    made = [*as_owner, str(programs() / "initdb"), "--auth", "trust", "--no-sync", "--pgdata", str(place)]
    subprocess.run(made, check=True, capture_output=True)
    with (place / "pg_hba.conf").open("a") as rules:
        rules.write("host all all samenet trust\n")
    options = {
        "listen_addresses": addresses,
        "port": str(port),
        "unix_socket_directories": str(place),
        "fsync": "off",
        "max_connections": str(MOST_CONNECTIONS),
        # The connections of a host that is gone hold their locks until the server notices.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "4",
        "tcp_user_timeout": "30000",
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return [*as_owner, str(programs() / "postgres"), "-D", str(place), *settings]
