"""Where the demo's files are dropped: folders of this machine, or a bucket of an S3 server that the demo starts."""

from __future__ import annotations

import json
import os
import shlex
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from refdata.dropoff import Dropoff
from scripts.local_airflow import PROJECT, LocalAirflow

BUCKET, PREFIX = "landing", "refdata"
CONNECTION = "demo_s3"
KEYS = {"login": "demo", "password": "demo"}
START_SECONDS = 60


class DemoSource(Protocol):
    """A place for files, and what the demo says about it; paths begin with a load folder."""

    def start(self) -> None:
        """Makes the place ready before Airflow starts."""
        ...

    def put(self, path: str, content: bytes) -> None:
        """Drops a file, which is seen when it is complete."""
        ...

    def where(self, sample: str) -> dict[str, str]:
        """Where to drop files, and where loaded and refused ones are, by what that is called."""
        ...


@dataclass(frozen=True)
class Folders:
    """The folder tree below the demo's home."""

    airflow: LocalAirflow
    dropoff: Dropoff

    def start(self) -> None:
        """See ``DemoSource``."""
        self.dropoff.create_folders()

    def put(self, path: str, content: bytes) -> None:
        """See ``DemoSource``."""
        target = self.airflow.dropoff / path
        hidden = target.with_name(f".{target.name}.writing")
        hidden.write_bytes(content)
        hidden.rename(target)

    def where(self, sample: str) -> dict[str, str]:
        """See ``DemoSource``."""
        return {
            "Drop files here": short((self.dropoff.root / sample).parent),
            "Loaded files": short(self.dropoff.processed.of(sample)),
            "Refused files, with reasons": short(self.dropoff.error.of(sample)),
        }


@dataclass(frozen=True)
class Bucket:
    """A bucket on moto's server, which Airflow reaches by a connection only.

    :param within: what a command becomes where the server is to run, such as on another host.
    """

    airflow: LocalAirflow
    port: int
    host: str = "127.0.0.1"
    within: Callable[[Sequence[str]], Sequence[str]] = list

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """See ``DemoSource``; the server ends with Airflow."""
        command = [sys.executable, "-m", "moto.server", "-H", self.host, "-p", str(self.port)]
        self.airflow.start_beside("s3", self.within(command))
        self.airflow.wait_for(lambda: answers(self.url), START_SECONDS, "The S3 server does not answer")
        self._filesystem().mkdir(BUCKET)

    def put(self, path: str, content: bytes) -> None:
        """See ``DemoSource``."""
        self._filesystem().pipe_file(f"{BUCKET}/{PREFIX}/{path}", content)

    def objects(self) -> list[str]:
        """The keys of all objects, with the bucket."""
        filesystem = self._filesystem()
        filesystem.invalidate_cache()
        return [str(path) for path in filesystem.find(BUCKET)]

    def where(self, sample: str) -> dict[str, str]:
        """See ``DemoSource``."""
        folder = f"s3://{BUCKET}/{PREFIX}/{sample.rpartition('/')[0]}"
        code = (
            "import s3fs, sys; s3fs.S3FileSystem(key='demo', secret='demo',"
            f" endpoint_url='{self.url}').put(sys.argv[1], sys.argv[2])"
        )
        return {
            f"Upload files to {folder}/ (S3 at {self.url}, key and secret demo), such as": (
                f'{shlex.quote(short(Path(sys.executable)))} -c "{code}" FILE.csv {folder}/'
            ),
            "Loaded files": f"{folder}/processed/",
            "Refused files, with reasons": f"{folder}/error/",
        }

    def _filesystem(self) -> Any:
        import s3fs

        return s3fs.S3FileSystem(key=KEYS["login"], secret=KEYS["password"], endpoint_url=self.url)


def bucket_environment(port: int, host: str = "127.0.0.1") -> Mapping[str, str]:
    """What Airflow's processes need to find the bucket; the provider's packages are beside the environment's own."""
    connection = {"conn_type": "aws", **KEYS, "extra": {"endpoint_url": f"http://{host}:{port}"}}
    return {
        "AIRFLOW__REFDATA__DROPOFF_ROOT": f"s3://{CONNECTION}@{BUCKET}/{PREFIX}",
        f"AIRFLOW_CONN_{CONNECTION.upper()}": json.dumps(connection),
        "PYTHONPATH": str(PROJECT / ".venv" / "amazon"),
    }


def answers(url: str) -> bool:
    """Whether a server answers, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def short(path: Path) -> str:
    """The path from where the caller is, if that is shorter; otherwise the whole path."""
    here = Path(os.environ.get("REFDATA_DEMO_CALLED_FROM", Path.cwd()))
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
