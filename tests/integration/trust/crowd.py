"""Many files for some tables, dropped in any order by several writers and loaded by several workers at a time."""

from __future__ import annotations

import logging
import multiprocessing
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from multiprocessing.context import ForkServerProcess
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from queue import Empty

from refdata.core.model import DroppedFile
from refdata.core.runid import run_id_of
from tests.integration.trust.killing import APPEND, FULL
from tests.integration.trust.runs import Book, Run, go_on, work
from tests.integration.trust.site import Site
from tests.integration.trust.state import State, observe

_POLL = 0.02
"""Seconds before a worker looks again whether it is the turn of a load that has to wait."""
_STOP = -1
_PATIENCE = 300
"""Seconds without the end of a load, or of a worker that has nothing left to do, after which it counts as hung."""
_LONGEST = 3_600
"""Seconds after which a process that does all of something counts as hung: 200 files one by one, on a slow server."""
_SERVER = multiprocessing.get_context("forkserver")
"""pytest has threads by now, whose locks a forked child would inherit as they are."""
_SERVER.set_forkserver_preload([__name__])


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that is dropped: ``order`` is the second of its mtime."""

    name: str
    content: str
    folder: str
    order: int


def drops(files: int, tables: int, seed: int = 1) -> list[Drop]:
    """Up to 366 files whose names hold dates that say nothing of their mtimes; some refused, some dropped twice."""
    rng = random.Random(seed)
    made: list[Drop] = []
    for number in range(files):
        table = f"t{number % tables}"
        day = date(2024, 1, 1) + timedelta(days=number * 37 % 366)
        name = f"{table}_{day:%Y%m%d}.csv"
        # Every third mtime is shared by two files of a table: then the name decides.
        order = rng.randrange(files) if number % 3 else rng.randrange(max(files // 20, 1))
        made.append(Drop(name, *_content(rng, number, made, table), order))
    return made


def _content(rng: random.Random, number: int, made: Sequence[Drop], table: str) -> tuple[str, str]:
    """A file's content and its folder; dropped twice, it is in the same folder, since nobody is here to be asked
    whether rows of a full load are to be appended to themselves."""
    folder = rng.choice((FULL, APPEND, APPEND))
    earlier = [(drop.content, drop.folder) for drop in made if drop.name.startswith(f"{table}_")]
    if number % 11 == 10:
        return "code,name\n01,one\n02,two\n03\n", folder
    if number % 7 == 6 and earlier:
        return rng.choice(earlier)
    return "code,name\n" + "".join(f"{number}-{line},name {line}\n" for line in range(rng.randrange(1, 40))), folder


@dataclass
class Crowd:
    """A site that is loaded by workers which take the runs as they come, as Airflow's do."""

    site: Site
    workers: int
    deployments: int = 1
    seed: int = 1
    seconds: float = field(default=0.0, init=False)

    def drop(self, drops: Sequence[Drop], writers: int = 4) -> None:
        """Several processes write the files in random order."""
        shuffled = random.Random(self.seed).sample(drops, len(drops))
        _all([partial(self._write, shuffled[writer::writers]) for writer in range(writers)])

    def load(self) -> None:
        """Each deployment starts a run for each file, also for one that is handed back; workers take any of them."""
        began = time.monotonic()
        queue: Queue[Run] = _SERVER.Queue()
        left = _SERVER.Value("i", 0)
        workers = [_SERVER.Process(target=partial(self._work, queue, left)) for _ in range(self.workers)]
        for worker in workers:
            worker.start()
        dropoff = self.site.connect().dropoff
        seen: set[str] = set()
        offered: set[str] = set()
        ends = _Ends(workers, left)
        while ends.may_come():
            files = {run_id_of(file): file for file in dropoff.scan().files}
            # Seen twice, as the watcher asks for: while a file is moved away, one look may find it with a new ctime.
            self._offer(queue, left, {run_id: files[run_id] for run_id in (files.keys() & seen) - offered})
            offered |= files.keys() & seen
            seen = set(files)
            if not files and not left.value:
                left.value = _STOP
                break
            time.sleep(_POLL)
        _join(workers, _PATIENCE)
        self.seconds = time.monotonic() - began

    def _offer(self, queue: Queue[Run], left: Synchronized[int], fresh: dict[str, DroppedFile]) -> None:
        """The watchers: a run in each deployment for every file that had none, in random order."""
        runs = sorted(fresh) * self.deployments
        random.Random(self.seed).shuffle(runs)
        with left.get_lock():
            left.value += len(runs)
        for run_id in runs:
            queue.put(Run(run_id, fresh[run_id]))

    def load_one_by_one(self) -> None:
        """One worker, the files by mtime, then name."""
        _all([self._work_alone])

    def end(self) -> State:
        """Tables, versions and the fate of each file, with files named instead of numbered."""
        return observe(self.site.connect(), self.site.files(), by_name=True)

    def _write(self, drops: Sequence[Drop]) -> None:
        for drop in drops:
            self.site.drop(drop.name, drop.content, folder=drop.folder, order=drop.order)

    def _work_alone(self) -> None:
        logging.disable()
        work(self.site.connect(), Book(self.site.book))

    def _work(self, queue: Queue[Run], left: Synchronized[int]) -> None:
        logging.disable()
        deps = self.site.connect()
        while left.value != _STOP:
            try:
                run = queue.get(timeout=_POLL)
            except Empty:
                continue
            go_on(deps, Book.of(run), run)
            if run.ended:
                with left.get_lock():
                    left.value -= 1
            else:
                time.sleep(_POLL)
                queue.put(run)


def _all(bodies: Sequence[Callable[[], object]]) -> None:
    """Runs each in a process of its own."""
    processes = [_SERVER.Process(target=body) for body in bodies]
    for process in processes:
        process.start()
    _join(processes, _LONGEST)


def _join(processes: Sequence[ForkServerProcess], patience: float) -> None:
    """:raises RuntimeError: when one of them failed, its traceback is on standard error; or hung, and was killed."""
    for process in processes:
        process.join(patience)
    for process in processes:
        process.kill()
        process.join()
    if failed := [f"{process.name} ({process.exitcode})" for process in processes if process.exitcode]:
        raise RuntimeError(f"{', '.join(failed)} failed")


class _Ends:
    """Watches whether loads come to an end while workers are at work."""

    def __init__(self, workers: Sequence[ForkServerProcess], left: Synchronized[int]) -> None:
        self._workers, self._left = workers, left
        self._seen, self._at = left.value, time.monotonic()

    def may_come(self) -> bool:
        """False when a worker has died, or nothing has ended for long."""
        if self._left.value != self._seen:
            self._seen, self._at = self._left.value, time.monotonic()
        return all(worker.is_alive() for worker in self._workers) and time.monotonic() - self._at < _PATIENCE
