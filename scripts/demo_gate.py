"""The demo's second act, with the change gate on: a file that removes half of a table waits for a person's answer."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape

from scripts import airflow_api
from scripts.demo_site import DemoSite
from scripts.local_airflow import PROJECT

FILE, FOLDER, TABLE = "countries.csv", "reference_data_table/fullload", "countries"
APPROVE = "Approve"
REASON = "Approved by scripts/demo --once --gate"
SECONDS = 240
_STATES = "SELECT status FROM {ledger} WHERE file_name = ? ORDER BY id"
_ENDED = "SELECT COUNT(*) FROM {ledger} WHERE file_name = ? AND processed_at IS NOT NULL"


def play(site: DemoSite, console: Console, *, answers: bool) -> bool:
    """Drops half of the countries and shows the question; whether everything went as it should.

    :param answers: approves it, as a person would on Airflow's page; otherwise it waits there.
    """
    kept = _drop_half(site)
    console.print(
        f"\n[bold]The change gate[/bold]: {FILE} is dropped again, with {kept} of {_rows(site)} rows. It would remove"
        " more than the table's limits allow, so a person is asked before it is published."
    )
    with console.status("Waiting for the question ..."):
        site.airflow.wait_for(lambda: _status(site) not in ("", "pending", "processing"), SECONDS, "No question came")
    if _status(site) != "review":
        console.print("Your settings let the change pass without a question.")
        return True
    run = _run(site)
    with console.status("Waiting for Airflow to show it ..."):
        site.airflow.wait_for(lambda: _is_asked(site, run), SECONDS, "Airflow did not show the question")
    console.print(f"Airflow asks: [bold]{escape(_question(site, run)['subject'])}[/bold]", soft_wrap=True)
    console.print(f"Until then readers see the {_rows(site)} rows of before.")
    if answers:
        return _approve(site, run, console, kept)
    console.print(f"Answer it at {site.airflow.url}/required_actions", soft_wrap=True, highlight=False)
    return True


def _drop_half(site: DemoSite) -> int:
    """The sample again, with every second row; the number of rows."""
    header, *rows = (PROJECT / "include" / "samples" / FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    site.source.put(f"{FOLDER}/{FILE}", "".join([header, *rows[::2]]).encode())
    return len(rows[::2])


def _rows(site: DemoSite) -> int:
    found = site.query(f'SELECT COUNT(*) FROM "{TABLE}"')
    return int(found[0][0]) if found else 0


def _status(site: DemoSite) -> str:
    """The status of the second drop; empty before it is registered."""
    states = site.query(_STATES, FILE)
    return str(states[1][0]) if len(states) > 1 else ""


def _run(site: DemoSite) -> str:
    sql = "SELECT dag_run_id FROM {ledger} WHERE file_name = ? ORDER BY id DESC LIMIT 1"
    return f"/dags/refdata_load/dagRuns/{site.query(sql, FILE)[0][0]}"


def _state_of_review(site: DemoSite, run: str) -> str:
    tasks = airflow_api.call(site.airflow, "GET", f"{run}/taskInstances")["task_instances"]
    return next((str(task["state"]) for task in tasks if task["task_id"] == "review"), "")


def _is_asked(site: DemoSite, run: str) -> bool:
    return _state_of_review(site, run) == "awaiting_input"


def _question(site: DemoSite, run: str) -> dict[str, Any]:
    return airflow_api.call(site.airflow, "GET", f"{run}/taskInstances/review/-1/hitlDetails")


def _approve(site: DemoSite, run: str, console: Console, expected: int) -> bool:
    body = {"chosen_options": [APPROVE], "params_input": {"reason": REASON}}

    def is_taken() -> bool:
        # Airflow 3.3.2 forgets an answer that comes within about a second of the question, and asks again.
        if _is_asked(site, run) and not _question(site, run)["response_received"]:
            airflow_api.call(site.airflow, "PATCH", f"{run}/taskInstances/review/-1/hitlDetails", body)
        return int(site.query(_ENDED, FILE)[0][0]) > 1

    with console.status("Approving, and waiting for the load to end ..."):
        site.airflow.wait_for(is_taken, SECONDS, "The approved load did not end")
    console.print(f"Approved. {TABLE} has {_rows(site)} rows now; the rows of before are kept as a version.")
    return (_status(site), _rows(site)) == ("completed", expected)
