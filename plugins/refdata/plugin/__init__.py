"""The Airflow plugin: a page in Airflow's navigation and the endpoints behind it.

Every Airflow process imports this module, so it imports neither FastAPI nor the database: the
application is built by the API server alone, when it starts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from refdata.plugin import listener, preload
from refdata.plugin.icon import DARK, LIGHT

URL_PREFIX = "/refdata"

_Message = MutableMapping[str, Any]
_Asgi = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


class _LazyApp:
    """An ASGI application that ``build`` makes when it is started ahead, or first called."""

    def __init__(self, build: Callable[[], _Asgi]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._app: _Asgi | None = None

    def start_ahead(self, app: _Asgi) -> _Asgi:
        """Begins to build, and returns ``app`` as it is.

        The signature is that of a middleware: the API server makes its middlewares as it starts, and nothing else of a
        plugin. What the build imports takes a second, for which the first request would have to wait.
        """
        threading.Thread(target=self._built, name="refdata-page", daemon=True).start()
        return app

    def _built(self) -> _Asgi:
        with self._lock:
            if self._app is None:
                self._app = self._build()
            return self._app

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Passes the request on."""
        # In a thread: Airflow's other requests, those of the tasks among them, share this event loop.
        app = self._app if self._app is not None else await asyncio.to_thread(self._built)
        await app(scope, receive, send)


def _build() -> _Asgi:
    from refdata.plugin.app import create_app
    from refdata.plugin.collecting import Collections

    app = create_app()
    Collections().begin()
    return app


_APP = _LazyApp(_build)


class RefDataPlugin(AirflowPlugin):
    """Registers the application and its place in the navigation."""

    name = "refdata"
    fastapi_apps = [  # noqa: RUF012  Airflow's own class declares an attribute of each instance
        {"app": _APP, "url_prefix": URL_PREFIX, "name": "refdata"}
    ]
    fastapi_root_middlewares = [  # noqa: RUF012
        {"middleware": _APP.start_ahead, "args": [], "kwargs": {}, "name": "refdata, built as the server starts"}
    ]
    listeners = [listener, preload]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Ref data",
            # Relative: Airflow resolves it against its own base, so a base_url with a path works.
            "href": f"{URL_PREFIX.removeprefix('/')}/",
            "destination": "nav",
            "nav_top_level": True,
            "url_route": "refdata",
            "icon": LIGHT,
            "icon_dark_mode": DARK,
        }
    ]
