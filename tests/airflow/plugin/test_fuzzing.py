"""Requests made from the API's own description, with unexpected values: no answer outside the description."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from refdata.plugin.app import create_app
from refdata.warehouse.base import Warehouse

EXAMPLES = 20
"""Requests an operation; more find nothing that these did not, and take longer."""

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


Operation = APIOperation[Any, Any, Any, Any]


def operations() -> list[Operation]:
    """The operations in the application's own description, with the application; health also looks at the machine."""
    app = create_app()
    schema = schemathesis.openapi.from_dict(app.openapi())
    schema.app = app
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(found) == sum(map(len, app.openapi()["paths"].values())), "an operation is described wrongly"
    return [one for one in found if not one.path.endswith("/health")]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.label)
def test_no_request_gets_an_answer_that_is_not_described(
    operation: Operation, editor: dict[str, str], filled: Warehouse
) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers=editor, checks=CHECKS)

    ask()
