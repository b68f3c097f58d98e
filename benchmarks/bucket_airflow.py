"""Loads objects of a bucket in an Airflow whose processes share no folder; looks whether each came once, in order.

usage: python -m benchmarks.bucket_airflow [--files 200] [--server] [--folder FOLDER]

Scheduler with LocalExecutor, triggerer, DAG processor and API server run in mount namespaces of their own (``unshare``,
as root), where temporary folder and spool are private. What they have in common is Airflow's own database, the
installed code, the bucket (moto's S3 server) and the warehouse: with ``--server`` the T-SQL server of
``REFDATA_TEST_MSSQL_URI``, else the embedded engine's files. Exit code 1 when something is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.uploads import Site, upload, wrongs
from rich.console import Console
from rich.table import Table
from scripts.demo_source import Bucket, bucket_environment
from scripts.local_airflow import COMPONENTS, LocalAirflow, free_port
from tests.integration.engines import Server

from refdata.core.settings import Settings
from refdata.warehouse.connect import open_warehouse

PATIENCE = 900.0
"""Seconds without a file that comes to an end, after which Airflow counts as stuck."""
QUICK = {
    "AIRFLOW__REFDATA__STABILITY_INTERVAL": "1",
    "AIRFLOW__REFDATA__MIN_FREE_MB": "0",
}


def site_in(folder: Path, *, server: bool) -> Site:
    """The warehouse is made new; nothing runs yet."""
    schemas = {"ref_schema": f"bucket_{os.getpid()}", "bkp_schema": f"bucket_{os.getpid()}_bkp"}
    settings = Settings(ref_schema=schemas["ref_schema"], bkp_schema=schemas["bkp_schema"])
    port = free_port()
    chosen = {**QUICK, **bucket_environment(port), **{f"AIRFLOW__REFDATA__{k.upper()}": v for k, v in schemas.items()}}
    if server:
        chosen["AIRFLOW_CONN_REFDATA_DEFAULT"] = json.dumps(Server.named().connection("mssql"))
    private = folder / "private"
    chosen |= {"TMPDIR": str(private), "AIRFLOW__REFDATA__SPOOL_FOLDER": str(private / "spool")}
    airflow = LocalAirflow(folder, free_port(), chosen)
    airflow.prepare()
    private.mkdir()
    os.environ["AIRFLOW_CONN_REFDATA_DEFAULT"] = airflow.environment()["AIRFLOW_CONN_REFDATA_DEFAULT"]
    warehouse = open_warehouse(settings)
    warehouse.initialise()
    return Site(airflow, Bucket(airflow, port), warehouse, settings)


def start(site: Site) -> None:
    """Each component sees an empty folder of its own where the others see theirs."""
    site.bucket.start()
    for name in COMPONENTS:
        script = f'mount -t tmpfs private "$TMPDIR" && exec "{sys.executable}" -m airflow {name}'
        site.airflow.start_beside(name, ["unshare", "--mount", "sh", "-c", script])
    site.airflow.wait_healthy()


def wait(site: Site, files: int, console: Console) -> None:
    """Returns when every file is archived, or none came to its end for a long time."""
    done, since = 0, time.monotonic()
    while done < files and time.monotonic() < since + PATIENCE:
        time.sleep(5)
        site.airflow.require_running()
        if (found := site.archived()) > done:
            done, since = found, time.monotonic()
            console.print(f"{done} of {files} archived", highlight=False)


def main() -> int:
    """Runs, prints what it came to."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--files", type=int, default=200)
    options.add_argument("--server", action="store_true", help="load into the T-SQL server")
    options.add_argument("--folder", type=Path)
    chosen, console = options.parse_args(), Console()
    folder = chosen.folder or Path(tempfile.mkdtemp())
    site = site_in(folder, server=chosen.server)
    try:
        start(site)
        began = time.monotonic()
        uploads = list(upload(site, range(chosen.files)))
        wait(site, chosen.files, console)
        seconds = time.monotonic() - began
        wrong = wrongs(site, uploads)
    finally:
        site.airflow.stop()
    grid = Table("Engine", "Objects", "Seconds", "A minute", "Wrong", "Load average")
    engine, load = site.warehouse.engine, os.getloadavg()[0]
    per_minute = 60 * len(uploads) / seconds
    grid.add_row(engine, str(len(uploads)), f"{seconds:.0f}", f"{per_minute:.0f}", str(len(wrong)), f"{load:.1f}")
    console.print(grid)
    for one in wrong[:20]:
        console.print(one, soft_wrap=True, markup=False)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
