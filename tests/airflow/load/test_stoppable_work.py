"""Work in a thread of its own, which a signal ends whichever thread of the process receives it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from refdata.operators.stopping import StoppableWork, StoppedEarly

LONG = 20.0


@pytest.fixture
def work() -> Iterator[StoppableWork[str]]:
    made: StoppableWork[str] = StoppableWork()
    before = signal.signal(signal.SIGUSR1, lambda *_: made.stop())
    yield made
    signal.signal(signal.SIGUSR1, before)


def to_main() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)


def to_the_worker() -> None:
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)


def main_waits() -> bool:
    """Whether the main thread has waited for the work since the last look, 0.05 s ago."""
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    waits, LOOKS[:] = frame.f_code.co_name == "_wait", [*LOOKS[-1:], frame]
    return waits and len(LOOKS) > 1 and LOOKS[0] is frame


LOOKS: list[FrameType] = []


@pytest.mark.parametrize("send", [to_main, to_the_worker])
def test_a_signal_ends_the_wait(work: StoppableWork[str], send: Callable[[], None]) -> None:
    release = threading.Event()

    def busy() -> str:
        while not main_waits():
            release.wait(0.05)
        send()
        release.wait(LONG)
        return "done"

    with pytest.raises(StoppedEarly) as stop:
        work.run(busy, LONG)
    release.set()
    assert not stop.value.timed_out


def test_the_result_is_returned_and_an_error_raised(work: StoppableWork[str]) -> None:
    assert work.run(lambda: "done", LONG) == "done"
    with pytest.raises(ZeroDivisionError):
        StoppableWork[float]().run(lambda: 1 / 0, LONG)


def test_work_that_takes_too_long_is_left(work: StoppableWork[str]) -> None:
    release = threading.Event()
    with pytest.raises(StoppedEarly) as stop:
        work.run(lambda: str(release.wait(LONG)), 0.05)
    release.set()
    assert stop.value.timed_out
