"""Calls to the REST API of an Airflow that ``LocalAirflow`` started, as a logged-in user."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from scripts.local_airflow import LocalAirflow, LocalAirflowError

TIMEOUT = 30.0


def token(airflow: LocalAirflow, user: str = "admin") -> str:
    """A token for a user of the simple auth manager."""
    body = {"username": user, "password": airflow.password}
    return str(_call(airflow, "POST", "/auth/token", body, {})["access_token"])


def call(airflow: LocalAirflow, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer of ``/api/v2<path>``, as JSON.

    :raises LocalAirflowError: with the server's answer, when it refuses.
    """
    return _call(airflow, method, f"/api/v2{path}", body, {"Authorization": f"Bearer {token(airflow)}"})


def _call(
    airflow: LocalAirflow, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(f"{airflow.url}{path}", data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:500]
        raise LocalAirflowError(f"{method} {path} was answered with {error.code}: {said}") from error
