from __future__ import annotations

import pytest

from refdata.core.diagnosis import Diagnosis, Trouble
from refdata.core.errors import ConfigurationError, ConnectionLostError
from refdata.core.health import Check, State, failed, warehouse_check, worst


def check(state: State) -> Check:
    return Check("x", state, "")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], State.OK),
        ([State.OK, State.OK], State.OK),
        ([State.OK, State.WARN], State.WARN),
        ([State.FAIL, State.WARN, State.OK], State.FAIL),
    ],
)
def test_the_worst_check_decides(states: list[State], expected: State) -> None:
    assert worst(map(check, states)) is expected


def test_a_database_that_is_ready_says_how_long_it_took() -> None:
    found = warehouse_check("warehouse", Diagnosis(None, "sql01/refdata is ready"), 0.031)
    assert found == Check("warehouse", State.OK, "ready in 0.03 s", "sql01/refdata is ready")


@pytest.mark.parametrize("trouble", Trouble)
def test_each_trouble_fails_with_its_name_and_an_advice(trouble: Trouble) -> None:
    found = warehouse_check("warehouse", Diagnosis(trouble, "Said the server."), 0.0)
    assert (found.state, found.figure, found.message) == (State.FAIL, trouble.value, "Said the server.")
    assert found.advice.endswith(".")
    assert found.transient is (trouble is Trouble.UNREACHABLE)


def test_the_advice_of_an_error_is_separate_from_the_description() -> None:
    error = ConnectionLostError("No answer", where="sql01", advice="Start it")
    assert failed("warehouse", error) == Check(
        "warehouse", State.FAIL, "connection", "No answer [sql01].", "Start it.", transient=True
    )
    assert failed("warehouse", ConfigurationError("No such connection")).transient is False
