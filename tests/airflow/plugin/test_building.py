"""The page's application is built once, when the API server starts, and beside Airflow's own requests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from refdata.plugin import RefDataPlugin, _LazyApp

SECONDS = 10.0


class Built:
    """A builder that waits until it may go on, and counts what it built."""

    def __init__(self) -> None:
        self.count = 0
        self.threads: list[threading.Thread] = []
        self.may_end = threading.Event()

    def __call__(self) -> Callable[..., Awaitable[None]]:
        self.count += 1
        self.threads.append(threading.current_thread())
        assert self.may_end.wait(SECONDS)
        return self.answer

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"path": scope["path"]})


async def ask(app: _LazyApp, path: str) -> list[Any]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: Any) -> None:
        sent.append(message)

    await app({"path": path}, receive, send)
    return sent


def test_a_server_that_starts_begins_to_build_and_keeps_its_own_application() -> None:
    build = Built()
    app = _LazyApp(build)
    assert app.start_ahead(build.answer) == build.answer
    build.may_end.set()
    assert asyncio.run(ask(app, "/files")) == [{"path": "/files"}]
    assert build.count == 1
    assert build.threads[0] is not threading.main_thread()


def test_requests_wait_for_the_build_without_holding_the_event_loop() -> None:
    build = Built()
    app = _LazyApp(build)

    async def meanwhile() -> list[Any]:
        asked = [asyncio.create_task(ask(app, path)) for path in ("/one", "/two")]
        await asyncio.sleep(0)
        build.may_end.set()  # the loop gets here only if no request holds it
        return list(await asyncio.gather(*asked))

    assert asyncio.run(meanwhile()) == [[{"path": "/one"}], [{"path": "/two"}]]
    assert build.count == 1


def test_a_build_that_failed_is_tried_again_by_the_next_request() -> None:
    outcomes: list[Any] = [RuntimeError("no memory"), Built().answer]

    def build() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    app = _LazyApp(build)
    said = [str(one) for one in (asyncio.run(_caught(app)), asyncio.run(_caught(app))) if one]
    assert said == ["no memory"]


async def _caught(app: _LazyApp) -> Exception | None:
    try:
        await ask(app, "/files")
    except RuntimeError as error:
        return error
    return None


def test_airflow_makes_the_page_start_ahead() -> None:
    (middleware,) = RefDataPlugin.fastapi_root_middlewares
    (app,) = RefDataPlugin.fastapi_apps
    assert middleware["middleware"].__self__ is app["app"]
