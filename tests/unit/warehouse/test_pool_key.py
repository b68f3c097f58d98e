"""Which warehouses of a process share their connections."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import pytest

from refdata.core.settings import Settings
from refdata.warehouse.tsql.pool import pool_key


@dataclass(frozen=True)
class Login:
    host: str
    password: str = field(repr=False)


PLAIN = pool_key(Settings(), "driver", Login("a", "secret"))


@pytest.mark.parametrize(
    ("changes", "login", "shared"),
    [
        ({}, Login("a", "secret"), True),
        ({"dropoff_root": "elsewhere", "ref_schema": "other"}, Login("a", "secret"), True),
        ({"lock_timeout": 1.0}, Login("a", "secret"), False),
        ({"connect_timeout": 1.0}, Login("a", "secret"), False),
        ({"pool_size": 9}, Login("a", "secret"), False),
        ({}, Login("b", "secret"), False),
        ({}, Login("a", "changed"), False),
    ],
)
def test_connections_are_shared_by_what_they_are_made_with(changes: dict[str, str], login: Login, shared: bool) -> None:
    key = pool_key(dataclasses.replace(Settings(), **changes), "driver", login)  # type: ignore[arg-type]
    assert (key == PLAIN) is shared
    assert "secret" not in key
