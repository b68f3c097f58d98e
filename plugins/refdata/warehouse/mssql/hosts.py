"""The server and its failover partner: the one that answers gets the connections.

Neither pymssql nor mssql-python knows ``Failover_Partner``, so it is done here. Sessions and bulk copy share one
``Hosts``: a stage table made on one server must be filled there.
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
"""What the other server may cure: a mirror that is not in charge answers, but does not open the database (954)."""


class Hosts:
    """Opens connections on the server, or on its partner; the one that answered last is asked first."""

    def __init__(self, options: ServerOptions) -> None:
        self._order = alternatives(options)

    def connect(
        self, open_on: Callable[[ServerOptions], _Opened], read_error: Callable[[BaseException], DriverError | None]
    ) -> _Opened:
        """What ``open_on`` opens on the first server that answers; else its exception at the last one."""
        order = self._order
        for options, following in itertools.pairwise(order):
            try:
                return open_on(options)
            except BaseException as error:
                read = read_error(error)
                if read is None or fault_of(read).trouble not in _ELSEWHERE:
                    raise
                _log.warning("%s does not serve; %s is tried", options.address, following.address)
                self._order = (*order[1:], order[0])
        return open_on(order[-1])


def alternatives(options: ServerOptions) -> tuple[ServerOptions, ...]:
    """The options for each server in the order in which they are tried. Pure."""
    if not options.failover_partner:
        return (options,)
    host, _, port = options.failover_partner.partition(",")
    return (options, dataclasses.replace(options, host=host, port=int(port or options.port)))
