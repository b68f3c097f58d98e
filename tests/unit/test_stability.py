"""The stability machine: what is released, when, and what never is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from refdata.core.stability import Phase, Rule, StabilityCheck, WatchState, check, remaining_ns, report, settle
from refdata.core.statecodec import decode, encode

SECOND = 1_000_000_000
RULE = Rule(checks=6, interval_ns=15 * SECOND, max_releases=200)
AIRPORTS = "reference_data_table/fullload/airports.csv"


@dataclass(frozen=True)
class File:
    """A file as a scan saw it; the machine compares texts and knows nothing of what they consist of."""

    identity: str
    order: str


def identity(version: int = 1, **changes: int) -> File:
    parts = {"size": 100, "mtime_ns": version, "ctime_ns": version, "inode": 7} | changes
    return File("-".join(map(str, parts.values())), f"{parts['mtime_ns']:019d}")


@dataclass
class Bench:
    """A watcher on a virtual clock: ``look`` waits until a check counts, unless it gets a time."""

    rule: Rule = RULE
    state: WatchState = field(default_factory=WatchState)
    now_ns: int = 1_700_000_000 * SECOND

    def look(self, files: Mapping[str, File], *, after: float | None = None) -> StabilityCheck:
        wait = remaining_ns(self.state, self.rule, self.now_ns) if after is None else round(after * SECOND)
        self.now_ns += wait
        result = check(self.state, self.rule, files, self.now_ns, carrier="run")
        self.state = result.state
        return result

    def restart(self) -> None:
        self.state = decode(encode(self.state))


def test_a_resting_file_is_released_at_the_sixth_check_after_its_first_sighting() -> None:
    bench = Bench()
    start = bench.now_ns
    released = [bench.look({AIRPORTS: identity()}).released for _ in range(8)]
    assert released == [(), (), (), (), (), (), (AIRPORTS,), ()]
    assert bench.now_ns - start == 7 * 15 * SECOND


@pytest.mark.parametrize("changed", ["size", "mtime_ns", "ctime_ns", "inode"])
def test_any_change_of_identity_starts_the_count_again(changed: str) -> None:
    bench = Bench()
    for _ in range(6):
        bench.look({AIRPORTS: identity()})
    other = identity(**{changed: 99})
    assert bench.look({AIRPORTS: other}).restarted == (AIRPORTS,)
    assert [bool(bench.look({AIRPORTS: other}).released) for _ in range(6)] == [False] * 5 + [True]


def test_a_file_written_slowly_is_not_released_before_it_rests() -> None:
    bench = Bench()
    for chunk in range(40):
        assert bench.look({AIRPORTS: identity(chunk, size=chunk * 1000)}).released == ()
    assert [bool(bench.look({AIRPORTS: identity(39, size=39_000)}).released) for _ in range(6)][-1]


def test_a_vanished_file_is_forgotten_and_starts_again() -> None:
    bench = Bench()
    for _ in range(6):
        bench.look({AIRPORTS: identity()})
    assert bench.look({}).forgotten == 1
    assert bench.state.files == {}
    assert [bool(bench.look({AIRPORTS: identity()}).released) for _ in range(7)] == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("seconds", "counts"),
    [(0.0, False), (1.0, False), (14.999, False), (15.0, True), (16.0, True), (3600.0, True), (-3600.0, False)],
)
def test_a_check_counts_once_the_interval_has_passed_and_only_once(seconds: float, counts: bool) -> None:
    bench = Bench()
    bench.look({AIRPORTS: identity()})
    assert bench.look({AIRPORTS: identity()}, after=seconds).counted is counts
    assert next(iter(bench.state.files.values())).checks == int(counts)


def test_a_hasty_check_sees_changes_but_starts_no_count() -> None:
    bench = Bench()
    bench.look({AIRPORTS: identity()})
    hasty = bench.look({AIRPORTS: identity(2), "new.csv": identity()}, after=1)
    assert (hasty.counted, hasty.restarted, hasty.state.files) == (False, (AIRPORTS,), {})


def test_a_clock_that_was_set_back_costs_a_check_and_no_more() -> None:
    bench = Bench()
    bench.look({AIRPORTS: identity()})
    bench.look({AIRPORTS: identity()}, after=-7200)
    assert bench.look({AIRPORTS: identity()}, after=15).counted


def test_a_restart_keeps_counts_and_repeats_no_release() -> None:
    bench = Bench()
    for _ in range(4):
        bench.look({AIRPORTS: identity()})
        bench.restart()
    assert [bool(bench.look({AIRPORTS: identity()}).released) for _ in range(4)] == [False, False, True, False]
    bench.state = settle(bench.state, arrived=True)
    bench.restart()
    assert all(bench.look({AIRPORTS: identity()}).released == () for _ in range(8))


def test_an_offer_that_did_not_arrive_is_made_again_at_once() -> None:
    bench = Bench()
    while not bench.look({AIRPORTS: identity()}).released:
        pass
    bench.state = settle(bench.state, arrived=False)
    assert bench.look({AIRPORTS: identity()}, after=1).released == (AIRPORTS,)


def test_an_offer_that_changed_meanwhile_waits_its_full_time() -> None:
    bench = Bench()
    while not bench.look({AIRPORTS: identity()}).released:
        pass
    bench.state = settle(bench.state, arrived=False)
    assert [bool(bench.look({AIRPORTS: identity(2)}).released) for _ in range(7)] == [False] * 6 + [True]


def test_a_longer_interval_takes_no_counts_over_from_a_shorter_one() -> None:
    bench = Bench(rule=Rule(checks=3, interval_ns=SECOND, max_releases=200))
    for _ in range(3):
        bench.look({AIRPORTS: identity()})
    bench.rule = Rule(checks=3, interval_ns=60 * SECOND, max_releases=200)
    assert [bool(bench.look({AIRPORTS: identity()}).released) for _ in range(3)] == [False, False, True]


def test_more_files_than_one_round_takes_follow_in_order_of_waiting_then_mtime() -> None:
    bench = Bench(rule=Rule(checks=2, interval_ns=SECOND, max_releases=2))
    old = {name: identity(mtime_ns=mtime) for name, mtime in (("c", 1), ("a", 3), ("b", 2))}
    young = {**old, "early": identity(mtime_ns=0)}
    seen = [bench.look(old).released, *(bench.look(young).released for _ in range(5))]
    assert seen == [(), (), ("c", "b"), ("a", "early"), (), ()]


def test_twenty_files_that_arrive_in_turn_are_each_released_at_their_own_seventh_sighting() -> None:
    """One every 4 s, checks 15 s apart, and the state goes through the store after each release."""
    bench = Bench()
    start = bench.now_ns
    arrivals = {f"file_{number:02}.csv": start + number * 4 * SECOND for number in range(20)}
    latency: dict[str, float] = {}
    while len(latency) < 20 and bench.now_ns < start + 1000 * SECOND:
        wait = remaining_ns(bench.state, bench.rule, bench.now_ns)
        there = {name: identity() for name, at in arrivals.items() if at <= bench.now_ns + wait}
        for name in bench.look(there).released:
            latency[name] = (bench.now_ns - arrivals[name]) / SECOND
        bench.restart()
    assert set(latency) == set(arrivals)
    assert all(90 <= seconds <= 105 for seconds in latency.values()), latency


def test_malformed_places_are_reported_once_until_they_are_gone() -> None:
    state, fresh = report(WatchState(), ["x.csv", "y.csv"])
    assert fresh == ("x.csv", "y.csv")
    state, fresh = report(decode(encode(state)), ["x.csv", "y.csv", "z.csv"])
    assert fresh == ("z.csv",)
    state, _ = report(state, [])
    assert report(state, ["x.csv"])[1] == ("x.csv",)


class Watching(RuleBasedStateMachine):
    """Any interleaving of writes, deletions, checks, restarts and lost runs, against plain bookkeeping."""

    @initialize(checks=st.integers(1, 4), most=st.integers(1, 3))
    def start(self, checks: int, most: int) -> None:
        self.rule = Rule(checks=checks, interval_ns=10, max_releases=most)
        self.state = WatchState()
        self.now = 1000
        self.writes = 0
        self.files: dict[str, File] = {}
        self.since: dict[str, int] = {}
        self.out: dict[str, File] = {}

    @rule(name=st.sampled_from("abcd"))
    def write(self, name: str) -> None:
        self.writes += 1
        self.files[name] = identity(ctime_ns=self.writes)
        self.since[name] = self.now

    @rule(name=st.sampled_from("abcd"))
    def delete(self, name: str) -> None:
        self.files.pop(name, None)

    @rule(ticks=st.sampled_from([1, 3, 5, 9, 10, 11, 40]))
    def wait(self, ticks: int) -> None:
        self.now += ticks

    @rule(wait=st.booleans())
    def look(self, wait: bool) -> None:
        self.now += remaining_ns(self.state, self.rule, self.now) if wait else 0
        result = check(self.state, self.rule, self.files, self.now, carrier="run")
        self.state = result.state
        assert len(result.released) <= self.rule.max_releases
        for name in result.released:
            assert self.now - self.since[name] >= self.rule.checks * self.rule.interval_ns, "released too early"
            assert self.out.get(name) != self.files[name], "released twice"
            self.out[name] = self.files[name]
        self.out = {name: was for name, was in self.out.items() if name in self.files}

    @rule()
    def restart(self) -> None:
        self.state = decode(encode(self.state))

    @rule(arrived=st.booleans())
    def next_run(self, arrived: bool) -> None:
        if not arrived:
            offered = self.state.count(Phase.OFFERED)
            self.out = {} if offered else self.out
        self.state = settle(self.state, arrived=arrived)

    @rule()
    def nothing_starves(self) -> None:
        """Left alone, every file is released within its checks, plus one round per ``max_releases``."""
        for _ in range(self.rule.checks + 1 + len(self.files)):
            self.look(wait=True)
        assert not any(watched.phase is Phase.WAITING for watched in self.state.files.values())

    @invariant()
    def known_files_are_few(self) -> None:
        assert len(getattr(self, "state", WatchState()).files) <= 4


Watching.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=40, deadline=None)
TestWatching = Watching.TestCase
