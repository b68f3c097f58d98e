"""Alerts reach a real mail server and a real webhook, each category its own channels."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP
from airflow.sdk import DAG

from refdata import wiring
from refdata.alertlog import AlertLog
from refdata.config import load_settings
from refdata.core.alerting import Alert, Occasion
from refdata.core.errors import RefdataError
from refdata.core.failure import Failure
from refdata.ingest.align import align_table
from refdata.ingest.detect import detect_format
from refdata.notifications import deadlines
from refdata.notifications.channels import send, send_due
from refdata.notifications.failure import alert_on_failure

ALERT = Alert("refdata: <a>.csv failed (data)", "It is <b>bad</b>.", "data", "<a>.csv", "run", "http://airflow/run")


@dataclass
class Mailbox:
    """The mails that a mail server received."""

    port: int = 0
    mails: list[Any] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0))
    box.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port,
                  "extra": {"disable_ssl": True, "disable_tls": True}}  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps(connection))
    yield box
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    server.close()
    loop.run_until_complete(server.wait_closed())
    loop.close()


@dataclass
class Webhook:
    """The requests that a web server received."""

    port: int
    posts: list[dict[str, Any]]
    status: int = 200


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook = Webhook(server.server_port, got)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    extra = {"config": json.dumps({"path": f"json://127.0.0.1:{hook.port}/hook", "tag": "all"})}
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "apprise", "extra": extra}))
    yield hook
    server.shutdown()
    server.server_close()
    thread.join()


MAIL = {
    "notifier": "airflow.providers.smtp.notifications.smtp.SmtpNotifier",
    "smtp_conn_id": "mail",
    "from_email": "refdata@example.org",
    "to": ["night@example.org"],
    "subject": "{title}",
    "html_content": "{html}",
}
HOOK = {
    "notifier": "refdata.notifications.apprise.AppriseNotifier",
    "apprise_conn_id": "hook",
    "title": "{title}",
    "body": "{text}\n{url}",
    "notify_type": "failure",
}


def configure(monkeypatch: pytest.MonkeyPatch, *entries: dict[str, Any], window: float = 900) -> None:
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_NOTIFIERS", json.dumps(entries))
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_WINDOW", str(window))
    load_settings.cache_clear()
    wiring.connect().warehouse.initialise()


def context() -> dict[str, Any]:
    return {"run_id": "run", "dag": DAG("refdata_load", schedule=None)}


def test_a_mail_has_title_reason_and_link_and_no_markup_of_the_file(
    root: Path,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, MAIL)
    send(ALERT, context())
    (mail,) = mailbox.mails
    assert mail["subject"] == ALERT.title
    assert mail["to"] == "night@example.org"
    body = mail.get_body(("html",)).get_content()
    assert "It is &lt;b&gt;bad&lt;/b&gt;." in body
    assert '<a href="http://airflow/run">' in body


def test_a_webhook_gets_title_text_and_link(
    root: Path,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, HOOK)
    send(ALERT, context())
    (post,) = webhook.posts
    assert (post["title"], post["type"]) == (ALERT.title, "failure")
    assert "http://airflow/run" in post["message"]


def test_critical_categories_go_to_a_channel_of_their_own(
    root: Path,
    mailbox: Mailbox,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    critical = ["connection", "storage_full"]
    configure(monkeypatch, {**HOOK, "categories": critical}, {**MAIL, "except": critical})
    send(ALERT, context())
    send(Alert("refdata: database away", "It is.", "connection", "", "", ""), context())
    assert [mail["subject"] for mail in mailbox.mails] == [ALERT.title]
    assert [post["title"] for post in webhook.posts] == ["refdata: database away"]


def test_repeats_are_gathered_into_one_message(
    root: Path,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, HOOK)
    for _ in range(5):
        send(ALERT, context())
    assert len(webhook.posts) == 1
    assert send_due(context()) == 0
    monkeypatch.setenv("AIRFLOW__REFDATA__ALERT_WINDOW", "0")  # the time is over
    load_settings.cache_clear()
    assert send_due(context()) == 1
    assert [post["title"] for post in webhook.posts[1:]] == ["refdata: 4 more alerts (data)"]


def test_a_channel_that_fails_loses_nothing(
    root: Path,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, HOOK)
    webhook.status = 500
    send(ALERT, context())
    assert AlertLog(wiring.connect().warehouse).waiting() == 1
    webhook.status = 200
    assert send_due(context()) == 1
    assert [post["title"] for post in webhook.posts[1:]] == [ALERT.title]


def test_an_address_that_is_none_is_reported_and_keeps_no_other_service_from_the_alert(
    root: Path,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    configure(monkeypatch, HOOK)
    paths = [f"json://127.0.0.1:{webhook.port}/hook", "slak://T0/B0/secret"]
    extra = {"config": [{"path": path} for path in paths]}
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "apprise", "extra": extra}))
    send(ALERT, context())
    assert [post["title"] for post in webhook.posts] == [ALERT.title]
    assert "Apprise does not know an address in the connection [Airflow connection hook]" in caplog.text
    assert "T0/B0" not in caplog.text
    assert AlertLog(wiring.connect().warehouse).waiting() == 1


def test_without_the_database_the_alert_goes_out_by_itself(
    root: Path,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(monkeypatch, HOOK)
    monkeypatch.setenv("AIRFLOW__REFDATA__CONN_ID", "nowhere")
    load_settings.cache_clear()
    send(ALERT, context())
    assert len(webhook.posts) == 1


def test_an_outage_that_no_channel_took_is_reported_by_the_next_failure(
    root: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, HOOK)
    monkeypatch.setenv("AIRFLOW__REFDATA__CONN_ID", "nowhere")
    load_settings.cache_clear()
    for webhook.status in (500, 200, 200):
        alert_on_failure(cast("Any", {**context(), "dag_run": SimpleNamespace(conf={"path": "x/y.csv"})}))
    assert len(webhook.posts) == 2, "the second is reported, the third already was"


@pytest.mark.parametrize(
    ("dag_id", "conf", "category", "named"),
    [
        ("refdata_load", {"path": "x/y.csv"}, Occasion.WAITING, "x/y.csv"),
        ("refdata_load", None, Occasion.WAITING, "run 7"),
        ("refdata_watch", {}, Occasion.WATCHER, "watcher"),
    ],
)
async def test_a_missed_deadline_is_reported_with_the_link(
    root: Path,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
    dag_id: str,
    conf: dict[str, Any] | None,
    category: Occasion,
    named: str,
) -> None:
    configure(monkeypatch, {**HOOK, "categories": [category.value]})
    run = {"dag_id": dag_id, "dag_run_id": "run 7", "conf": conf}
    await deadlines.deadline_missed(60, {"dag_run": run, "deadline": {"id": "1"}})
    (post,) = webhook.posts
    assert named in post["title"]
    assert post["message"].endswith(f"/dags/{dag_id}/runs/run%207")


async def test_a_load_that_waits_for_a_person_misses_no_deadline(
    root: Path, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, HOOK)
    path = "reference_data_table/fullload/cities.csv"
    (Path(wiring.settings().dropoff_root) / path).write_text("code,name\n01,Graz\n")
    deps = wiring.connect()
    detection = detect_format(deps, deps.dropoff.find(path), "run 7")
    align_table(deps, deps.dropoff.find(path), detection)
    row = deps.ledger.get(detection.load_id)
    assert row is not None
    run = {"dag_run": {"dag_id": "refdata_load", "dag_run_id": "run 7", "conf": {"path": path}}, "deadline": {}}
    deps.ledger.hold_for_review(row.id, row.attempt, deps.clock())
    await deadlines.deadline_missed(60, run)
    assert webhook.posts == []
    deps.ledger.hand_back(row, Failure.of(RefdataError("x"), "load_rows"))
    await deadlines.deadline_missed(60, run)
    assert len(webhook.posts) == 1


@pytest.mark.parametrize("make", [deadlines.load_deadline, deadlines.watch_deadline])
def test_the_callback_of_a_deadline_is_found_by_its_name(make: Any) -> None:
    deadline = make(load_settings())
    assert deadline.callback.path == f"{deadlines.__name__}.{deadlines.deadline_missed.__name__}"
