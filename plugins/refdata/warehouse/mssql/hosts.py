"""The server and its failover partner: connections go to the one that answers.

Neither pymssql nor mssql-python supports ``Failover_Partner``, so it is implemented here. Sessions and bulk copy share
one ``Hosts``: a stage table created on one server must be filled there.
"""

from __future__ import annotations

import dataclasses
import itertools
import logging
from collections.abc import Callable
from typing import TypeVar

from refdata.core.diagnosis import Trouble
from refdata.warehouse.mssql.options import ServerOptions
from refdata.warehouse.tsql.errors import DriverError, fault_of

_Opened = TypeVar("_Opened")
_log = logging.getLogger("refdata.warehouse")

_ELSEWHERE = (Trouble.UNREACHABLE, Trouble.DATABASE_MISSING)
"""Errors that the other server may not have: an inactive mirror answers but does not open the database (954)."""


class Hosts:
    """Opens connections on the server or its partner; the one that answered last is tried first."""

    def __init__(self, options: ServerOptions) -> None:
        self._order = alternatives(options)

    def connect(
        self, open_on: Callable[[ServerOptions], _Opened], read_error: Callable[[BaseException], DriverError | None]
    ) -> _Opened:
        """The connection from ``open_on`` on the first server that answers; else the last server's exception."""
        order = self._order
        for options, following in itertools.pairwise(order):
            try:
                return open_on(options)
            except BaseException as error:
                read = read_error(error)
                if read is None or fault_of(read).trouble not in _ELSEWHERE:
                    raise
                _log.warning("%s does not answer; trying %s", options.address, following.address)
                self._order = (*order[1:], order[0])
        return open_on(order[-1])


def alternatives(options: ServerOptions) -> tuple[ServerOptions, ...]:
    """The options for each server in the order in which they are tried. Pure."""
    if not options.failover_partner:
        return (options,)
    host, _, port = options.failover_partner.partition(",")
    return (options, dataclasses.replace(options, host=host, port=int(port or options.port)))
