"""Runs Airflow on this machine for the demo and the end-to-end tests: own home, own port, own processes."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parent.parent
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
STOP_SECONDS = 15.0


class LocalAirflowError(RuntimeError):
    """Airflow cannot be started here; the message says why and what to do."""


@dataclass
class LocalAirflow:
    """An Airflow home with the project's DAGs and plugin, the embedded engine, and the processes of it.

    :param home: folder for everything that is written; made when missing.
    :param port: port of the API server.
    :param extra: further environment variables, such as ``AIRFLOW__REFDATA__STABILITY_INTERVAL``.
    :param host: address of the API server.
    :param tasks_nice: how far scheduler and tasks leave the processor to the pages (``nice``): see docs/tuning.md.
    """

    home: Path
    port: int
    extra: Mapping[str, str] = field(default_factory=dict)
    password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    host: str = "127.0.0.1"
    tasks_nice: int = 0
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Address of Airflow's pages."""
        return f"http://{self.host}:{self.port}"

    @property
    def dropoff(self) -> Path:
        """The dropoff root; a relative one that ``extra`` names is under ``AIRFLOW_HOME``, as for Airflow itself."""
        chosen = self.extra.get("AIRFLOW__REFDATA__DROPOFF_ROOT")
        return self.home / "airflow" / Path(chosen).expanduser() if chosen else self.home / "dropoff"

    @property
    def database(self) -> Path:
        """Main file of the embedded warehouse; the schema ``ref`` is beside it."""
        return self.home / "warehouse" / "refdata.db"

    @property
    def ref_database(self) -> Path:
        """File of schema ``ref``, or what ``extra`` calls it: the ledger, the configuration and the loaded tables."""
        return self.database.with_name(f"refdata.{self.extra.get('AIRFLOW__REFDATA__REF_SCHEMA', 'ref')}.db")

    def environment(self) -> dict[str, str]:
        """The environment of every Airflow process; none of the caller's Airflow settings leak in."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        # standalone starts its components as `airflow`, which must be this environment's.
        inherited["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
        return {**inherited, **self._airflow_settings(), **self.extra}

    def _airflow_settings(self) -> dict[str, str]:
        return {
            "AIRFLOW_HOME": str(self.home / "airflow"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
            "AIRFLOW__CORE__PARALLELISM": "8",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,steward:user,viewer:viewer",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords),
            "AIRFLOW__API__HOST": self.host,
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "false",
            # By itself it pauses for a second before each task of a small file.
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.3",
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "15",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__REFDATA__DROPOFF_ROOT": str(self.dropoff),
            self._connection_variable: json.dumps({"conn_type": "sqlite", "host": str(self.database)}),
        }

    @property
    def _connection_variable(self) -> str:
        return f"AIRFLOW_CONN_{self.extra.get('AIRFLOW__REFDATA__CONN_ID', 'refdata_default').upper()}"

    @property
    def _passwords(self) -> Path:
        return self.home / "passwords.json"

    def prepare(self) -> None:
        """Makes folders, login and Airflow's own database.

        :raises LocalAirflowError: when the port is taken or the database cannot be made.
        """
        require_free_port(self.port)
        for folder in (self.home / "airflow", self.database.parent, self.home / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
        self._passwords.write_text(json.dumps(dict.fromkeys(("admin", "steward", "viewer"), self.password)))
        self._passwords.chmod(0o600)
        done = subprocess.run(_airflow("db", "migrate"), env=self.environment(), capture_output=True, check=False)
        if done.returncode != 0:
            raise LocalAirflowError(f"airflow db migrate failed:\n{done.stderr.decode(errors='replace')[-2000:]}")

    def start(self, components: Sequence[str] = COMPONENTS) -> None:
        """Starts components (or ``standalone``), each in a process group of its own with a log file."""
        for name in components:
            yielding = ("nice", "-n", str(self.tasks_nice)) if name == "scheduler" and self.tasks_nice else ()
            self.start_beside(name, [*yielding, *_airflow(name)])

    def start_beside(self, name: str, command: Sequence[str]) -> None:
        """Starts a program that Airflow needs, as one of its components."""
        with (self.home / "logs" / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environment(), stdout=log, stderr=log, start_new_session=True
            )

    def healthy(self) -> bool:
        """Whether the API server answers and scheduler, triggerer and DAG processor give signs of life."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v2/monitor/health", timeout=5) as answer:
                health = json.load(answer)
        except (OSError, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def require_running(self) -> None:
        """Raises LocalAirflowError, with the end of its log, when a process that was started has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                tail = (self.home / "logs" / f"{name}.log").read_text(errors="replace")[-2000:]
                raise LocalAirflowError(f"{name} ended with status {process.returncode}:\n{tail}")

    def wait_healthy(self, seconds: float = 180, waiting: Callable[[], None] = lambda: None) -> None:
        """Returns as soon as all components are healthy; calls ``waiting`` between the looks.

        :raises LocalAirflowError: when a component ends, or time runs out.
        """
        self.wait_for(self.healthy, seconds, "Airflow is not healthy", waiting)

    def wait_for(
        self, done: Callable[[], bool], seconds: float, what: str, waiting: Callable[[], None] = lambda: None
    ) -> None:
        """Polls ``done`` twice a second.

        :raises LocalAirflowError: ``what``, when time runs out or a process ends.
        """
        deadline = time.monotonic() + seconds
        while not done():
            self.require_running()
            if time.monotonic() > deadline:
                raise LocalAirflowError(f"{what} after {seconds:.0f} s; see {self.home / 'logs'}")
            waiting()
            time.sleep(0.5)

    def kill(self, name: str, *, with_children: bool = True) -> tuple[int, ...]:
        """Ends a component at once with SIGKILL, as a failing machine would; the ids of the processes that died.

        :param with_children: also all that it started; otherwise those live on as orphans.
        """
        tree = _tree(self.processes[name].pid)
        doomed = tree if with_children else tree[:1]
        for process in doomed:
            _end(process.kill)
        psutil.wait_procs(doomed, timeout=STOP_SECONDS)
        self.processes.pop(name).wait()
        return tuple(process.pid for process in doomed)

    def tree(self, name: str) -> list[psutil.Process]:
        """The processes of a component, its first one first."""
        return _tree(self.processes[name].pid)

    def stop(self) -> None:
        """Ends every process that was started, and all that those started.

        Airflow's own stop leaves orphans, so the whole tree is noted first and ended by process id.
        """
        tree = [found for process in self.processes.values() for found in _tree(process.pid)]
        for process in tree:
            _end(process.terminate)
        _, alive = psutil.wait_procs(tree, timeout=STOP_SECONDS)
        for process in alive:
            _end(process.kill)
        psutil.wait_procs(alive, timeout=STOP_SECONDS)
        for started in self.processes.values():
            started.wait()
        self.processes.clear()


def require_free_port(port: int) -> None:
    """Raises LocalAirflowError when something listens on the port already."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise LocalAirflowError(f"Port {port} is in use on this machine; choose another with --port") from None


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _airflow(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "airflow", *arguments]


def _tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _end(send: Callable[[], None]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        send()
