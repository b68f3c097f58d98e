"""Airflow with CeleryExecutor on hosts of their own: two schedulers, two triggerers, two DAG processors, two workers.

The host ``data`` has Redis, PostgreSQL, moto's S3 server and the API server. The others have nothing in common with it,
or with each other, but the network and the installed code; with the embedded engine also the folder of its files.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import postgres
from benchmarks.hosts import OUTSIDE, Host, make_hosts
from benchmarks.uploads import Site
from scripts.demo_source import Bucket, bucket_environment
from scripts.local_airflow import PROJECT, LocalAirflow, LocalAirflowError
from tests.integration.engines import Database, Server

from refdata.core.settings import Settings
from refdata.warehouse.connect import open_warehouse

DATA = "data"
HOSTS = (DATA, "scheduler-1", "scheduler-2", "worker-1", "worker-2")
API, POSTGRES, REDIS, S3 = 8080, 5432, 6379, 9000
SERVER, BULK = 1433, 1434
FORWARDERS = ("mssql-out", "mssql-in", "bulk-out", "bulk-in")
START_SECONDS, HEALTHY_SECONDS = 120, 600
AIRFLOW = {
    "api-server": (DATA, ("api-server",)),
    **{
        f"{name}-{number}": (f"scheduler-{number}", (name,))
        for number in (1, 2)
        for name in ("scheduler", "triggerer", "dag-processor")
    },
    **{f"worker-{number}": (f"worker-{number}", ("celery", "worker")) for number in (1, 2)},
}
"""Airflow's components: their host and their command."""
QUICK = {
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "3",
    "AIRFLOW__CELERY__EXTRA_CELERY_CONFIG": '{"imports": ["refdata.preloaded"]}',
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "120",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
    # A worker that dies takes the messages along that it has fetched and not begun.
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "40",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "20",
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "2",
    "AIRFLOW__REFDATA__STABILITY_INTERVAL": "2",
    "AIRFLOW__REFDATA__MIN_FREE_MB": "0",
    "AIRFLOW__REFDATA__TURN_POLL_INTERVAL": "5",
    "AIRFLOW__REFDATA__STALE_AFTER": "60",
    "AIRFLOW__REFDATA__RETRY_DELAY": "5",
    "AIRFLOW__REFDATA__MAX_RETRY_DELAY": "30",
    "AIRFLOW__REFDATA__HEALTH_INTERVAL": "120",
}


@dataclass
class Cluster:
    """The hosts and what runs on them; ``commands`` starts each program again."""

    site: Site
    hosts: dict[str, Host]
    commands: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def airflow(self) -> LocalAirflow:
        return self.site.airflow

    def start(self, name: str) -> None:
        """Starts a program, for the first time or again."""
        self.airflow.start_beside(name, self.commands[name])

    def revive(self) -> list[str]:
        """Starts again what ended by itself, as a service manager would; the names."""
        ended = [name for name, process in self.airflow.processes.items() if process.poll() is not None]
        for name in ended:
            self.airflow.processes.pop(name)
            self.start(name)
        return ended

    def stop(self, *, server: bool) -> None:
        """Ends everything; takes away what was made on the T-SQL server, whose forwarders end last."""
        processes, forwarders = self.airflow.processes, {}
        if server:
            forwarders = {name: processes.pop(name) for name in FORWARDERS if name in processes}
        self.airflow.stop()
        if forwarders:
            Database("mssql", self.site.settings, self.site.warehouse).drop()
            processes.update(forwarders)
            self.airflow.stop()

    def metadata(self, sql: str) -> list[dict[str, Any]]:
        """Rows of Airflow's own database."""
        wrapped = f"SELECT coalesce(json_agg(rows), '[]') FROM ({sql}) AS rows"
        address = ("--host", self.hosts[DATA].address, "--username", "postgres", "--dbname", "postgres")
        command = [str(postgres.programs() / "psql"), *address, "--tuples-only", "--no-align", "--command", wrapped]
        return list(json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout))

    def doctor(self, *arguments: str) -> str:
        """What the doctor says, asked on a worker; empty where it finds nothing."""
        command = self.hosts["worker-1"].command([str(Path(sys.executable).with_name("refdata")), "doctor", *arguments])
        done = subprocess.run(
            command, env=self.airflow.environment(), capture_output=True, text=True, check=False, timeout=300
        )
        return "" if done.returncode == 0 else done.stdout + done.stderr[-2000:]


def make_cluster(folder: Path, packages: Path, *, server: bool) -> Cluster:
    """Hosts with Redis, PostgreSQL and S3 running, an initialised warehouse, and Airflow not yet started."""
    private = folder / "private"
    (private / "tmp").mkdir(parents=True)
    hosts = make_hosts(HOSTS, folder / "hosts", private)
    for host in hosts.values():
        (host.own / "tmp").mkdir()
    schemas = [f"celery_{(token := secrets.token_hex(3))}_ref", f"celery_{token}_bkp"]
    settings = Settings(ref_schema=schemas[0], bkp_schema=schemas[1])
    chosen = _environment(hosts[DATA].address, private, packages)
    chosen |= {"AIRFLOW__REFDATA__REF_SCHEMA": schemas[0], "AIRFLOW__REFDATA__BKP_SCHEMA": schemas[1]}
    if server:
        chosen["AIRFLOW_CONN_REFDATA_DEFAULT"] = json.dumps(_server(hosts[DATA].address))
    airflow = LocalAirflow(folder, API, chosen, host=hosts[DATA].address)
    for made in (folder / "logs", airflow.database.parent):
        made.mkdir()
    os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"] = airflow.environment()["AIRFLOW_CONN_REFDATA_DEFAULT"]
    bucket = Bucket(airflow, S3, hosts[DATA].address, hosts[DATA].command)
    cluster = Cluster(Site(airflow, bucket, open_warehouse(settings), settings), hosts)
    try:
        _start_data(cluster, folder, server=server)
    except BaseException:
        cluster.stop(server=server)
        raise
    return cluster


def _environment(data: str, private: Path, packages: Path) -> dict[str, str]:
    metadata = f"postgresql+psycopg2://postgres@{data}:{POSTGRES}/postgres"
    bucket = dict(bucket_environment(S3, data))
    path = os.pathsep.join((str(PROJECT / "plugins"), str(packages), bucket.pop("PYTHONPATH")))
    return {
        **QUICK,
        **bucket,
        "PYTHONPATH": path,
        "AIRFLOW_HOME": str(private / "airflow"),
        "TMPDIR": str(private / "tmp"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{metadata}",
        "AIRFLOW__CELERY__BROKER_URL": f"redis://{data}:{REDIS}/0",
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(16),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
    }


def _server(data: str) -> dict[str, Any]:
    """The connection to the T-SQL server, which the data host forwards."""
    named = Server.named()
    return named.connection("mssql", host=data, port=SERVER, extra={**named.extra, "bulk_port": str(BULK)})


def _start_data(cluster: Cluster, folder: Path, *, server: bool) -> None:
    data, airflow = cluster.hosts[DATA], cluster.airflow
    commands: dict[str, Sequence[str]] = {"postgres": postgres.server(folder, POSTGRES), "redis": _redis(folder)}
    cluster.commands |= {name: data.command(command) for name, command in commands.items()}
    if server:
        cluster.commands |= _forwarders(data, folder)
    for name in cluster.commands:
        cluster.start(name)
    cluster.commands |= {
        name: cluster.hosts[host].command([sys.executable, "-m", "airflow", *command])
        for name, (host, command) in AIRFLOW.items()
    }
    cluster.site.bucket.start()
    airflow.wait_for(lambda: _answers(cluster), START_SECONDS, "PostgreSQL does not answer")
    airflow.prepare()
    cluster.site.warehouse.initialise()


def _answers(cluster: Cluster) -> bool:
    try:
        return bool(cluster.metadata("SELECT 1 AS one"))
    except (subprocess.SubprocessError, ValueError):
        return False


def _redis(folder: Path) -> list[str]:
    """Without a file, as in docker-compose.yaml: a restart loses the queue."""
    options = ("--port", str(REDIS), "--protected-mode", "no", "--save", "", "--appendonly", "no")
    return ["redis-server", *options, "--dir", str(folder)]


def _forwarders(data: Host, folder: Path) -> dict[str, Sequence[str]]:
    """The T-SQL server listens outside: a socket file leads out of the hosts' network."""
    named, forwarders = Server.named(), dict[str, Sequence[str]]()
    for name, here, there in (
        ("mssql", SERVER, named.port),
        ("bulk", BULK, int(named.extra.get("bulk_port", named.port))),
    ):
        file = folder / f"{name}.socket"
        out = ["socat", f"UNIX-LISTEN:{file},fork", f"TCP:{named.host}:{there}"]
        forwarders[f"{name}-out"] = ["ip", "netns", "exec", OUTSIDE, *out]
        forwarders[f"{name}-in"] = data.command(["socat", f"TCP-LISTEN:{here},fork,reuseaddr", f"UNIX-CONNECT:{file}"])
    return forwarders


def start_airflow(cluster: Cluster, say: Callable[[str], None]) -> None:
    """Returns when all of Airflow is healthy; what ends meanwhile is started again.

    Two DAG processors that are new to a database can both insert a DAG's assets, and Airflow's ends where it is second.
    """
    began = time.monotonic()
    for name in AIRFLOW:
        cluster.start(name)
    while not cluster.airflow.healthy():
        for name in cluster.revive():
            say(f"{name} ended by itself, started again")
        if time.monotonic() > began + HEALTHY_SECONDS:
            raise LocalAirflowError(f"Airflow is not healthy after {HEALTHY_SECONDS:.0f} s; see {cluster.airflow.home}")
        time.sleep(1)
    say(f"Airflow is healthy after {time.monotonic() - began:.0f} s")
