"""The Airflow plugin: a page in Airflow's navigation and the endpoints behind it.

Every Airflow process imports this module, so it imports neither FastAPI nor the database: the
application is built at the first request, which only the API server gets.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from refdata.plugin import listener, preload
from refdata.plugin.icon import DARK, LIGHT

URL_PREFIX = "/refdata"

_Message = MutableMapping[str, Any]
_Asgi = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


class _LazyApp:
    """An ASGI application that ``build`` makes when it is first called."""

    def __init__(self, build: Callable[[], _Asgi]) -> None:
        self._build = build
        self._app: _Asgi | None = None

    async def __call__(
        self,
        scope: _Message,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        """Passes the request on."""
        if self._app is None:
            self._app = self._build()
        await self._app(scope, receive, send)


def _build() -> _Asgi:
    from refdata.plugin.app import create_app

    return create_app()


class RefDataPlugin(AirflowPlugin):
    """Registers the application and its place in the navigation."""

    name = "refdata"
    fastapi_apps = [  # noqa: RUF012  Airflow's own class declares an attribute of each instance
        {"app": _LazyApp(_build), "url_prefix": URL_PREFIX, "name": "refdata"}
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
