"""Shared parts of the endpoints: their parameters, their errors, and who may change something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import get_user
from fastapi import Depends, Header, HTTPException, Path, Query, Request

from refdata.core.limits import MAX_PAGE
from refdata.plugin.routes.rights import REQUIRED, Right
from refdata.plugin.schemas import Envelope, StepView

if TYPE_CHECKING:
    from refdata.api import ReferenceData

Connect = Callable[[], "ReferenceData"]
StepsOf = Callable[[str], Sequence[StepView]]

MAX_ID = 2**31 - 1
OWN_HEADER = "X-Refdata-Request"

LoadId = Annotated[int, Path(ge=1, le=MAX_ID, description="Number of the load.")]
PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Rows of the page.")]
Offset = Annotated[int, Query(ge=0, le=MAX_ID, description="Rows to skip.")]
# A NUL ends a text in some drivers; no name contains one.
TableNamed = Annotated[
    str, Path(min_length=1, max_length=128, pattern=r"^[^\x00]+$", description="Name of the table, without its schema.")
]


def _from_no_other_site(
    request: Request,
    own: Annotated[
        str | None, Header(alias=OWN_HEADER, description="Any value; required where the login is a cookie.")
    ] = None,
) -> None:
    """Rejects requests from other sites: a browser sends its cookie with requests that another site's page triggers.

    Such a page cannot set a custom header without a preflight request, nor write ``Sec-Fetch-Site``
    (OWASP, Cross-Site Request Forgery Prevention: custom request headers, fetch metadata). A bearer token is never
    sent automatically.
    """
    with_token = request.headers.get("Authorization", "").lower().startswith("bearer ")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if not with_token and (own is None or site not in ("same-origin", "none")):
        raise HTTPException(403, f"A change must come from refdata's own page: header {OWN_HEADER} is missing")


def changing(right: Right) -> list[Any]:
    """What a route that changes something requires: the right, and a request from no other site."""
    return [REQUIRED[right], Depends(_from_no_other_site)]


Caller = Annotated[BaseUser, Depends(get_user)]

_TOLD: dict[int, str] = {
    401: "Nobody is logged in.",
    403: "The permission is missing, or the request came from another site.",
    404: "There is no such load, table or version.",
    409: "The state of the table or the load forbids it: the message says why.",
    422: "A parameter is invalid.",
    500: "A setting or a permission is wrong, or something unforeseen happened.",
    503: "The database cannot answer now, or refdata's tables do not exist yet.",
}


def failures(*more: int) -> dict[int | str, dict[str, Any]]:
    """The errors that an endpoint may return, for its description; all have the same shape."""
    return {code: {"model": Envelope[None], "description": _TOLD[code]} for code in (401, 403, *more, 422, 500, 503)}
