"""The contracts of all tables in a line each; of one table: its text, a trial on the live rows, and a new text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, HTTPException

from refdata.core.errors import ConfigurationError
from refdata.plugin.contractschemas import ContractSummaryView, ContractTextView, SaveRequest, TrialRequest, TrialView
from refdata.plugin.routes.common import Caller, Connect, TableNamed, changing, failures
from refdata.plugin.routes.rights import Right
from refdata.plugin.schemas import Envelope, Metadata


@contextmanager
def _problems_of_text() -> Iterator[None]:
    """What is wrong with a contract's text, as 422.

    :raises HTTPException: for a ``ConfigurationError``.
    """
    try:
        yield
    except ConfigurationError as error:
        raise HTTPException(422, str(error)) from error


def router(connect: Connect) -> APIRouter:
    """``contracts``, and ``text``, ``trial`` and ``save`` of ``tables/{name}/contract``."""
    routes = APIRouter()

    @routes.get("/contracts", responses=failures())
    def list_contracts() -> Envelope[list[ContractSummaryView]]:
        """What is declared about each loaded table: its contract file, its steward, and the rules of its loads."""
        found = connect().contracts.overview()
        return Envelope(data=list(map(ContractSummaryView.of, found)), metadata=Metadata(total=len(found)))

    @routes.get("/tables/{name}/contract/text", responses=failures(404))
    def get_text(name: TableNamed) -> Envelope[ContractTextView]:
        """The text of the contract file, or of a first one made from the live table."""
        return Envelope(data=ContractTextView.of(connect().contracts.text(name)))

    @routes.post(
        "/tables/{name}/contract/trial", responses=failures(409), dependencies=changing(Right.ADMINISTER)
    )  # fmt: skip
    def try_out(name: TableNamed, asked: TrialRequest) -> Envelope[TrialView]:
        """What the live rows would break under this text; reads every row, changes nothing."""
        with _problems_of_text():
            return Envelope(data=TrialView.of(connect().contracts.try_out(name, asked.text)))

    @routes.post("/tables/{name}/contract/save", responses=failures(409), dependencies=changing(Right.ADMINISTER))
    def save(name: TableNamed, asked: SaveRequest, user: Caller) -> Envelope[ContractTextView]:
        """Writes the contract file; the next load follows it."""
        with _problems_of_text():
            done = connect().contracts.save(
                name, asked.text, before=asked.before, by=user.get_name(), reason=asked.reason
            )
        return Envelope(data=ContractTextView.of(done))

    return routes
