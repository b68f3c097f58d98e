"""Draws where time goes: flame graphs of profiles that ``py-spy record --format raw`` wrote, one above the other.

usage: python -m benchmarks.flame TARGET.png TITLE=PROFILE [TITLE=PROFILE ...] [--below FUNCTION]

Each bar is a function, as wide as its share of the samples; what it calls is below it. ``--below`` leaves out what is
above the first call of a function that all samples have in common. Recorded while files are loaded, for example by
``py-spy record --nonblocking --subprocesses --rate 20 --duration 60 --format raw --output after.raw --pid SCHEDULER``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

NARROWEST = 0.006
"""Share of all samples below which a function is not drawn."""
DEEPEST = 26
_LINE = re.compile(r":\d+\)$")
_COLOURS = (
    ("refdata/", "#2f6f9f", "refdata"),
    ("sqlalchemy/", "#c9803a", "database of Airflow"),
    ("httpx", "#8a6fb0", "requests to the API server"),
    ("httpcore", "#8a6fb0", ""),
    ("importlib", "#5d9b6b", "imports"),
    ("airflow/jobs", "#d9b44a", "scheduler"),
    ("airflow/models", "#d9b44a", ""),
    ("airflow/", "#b9a58a", "other parts of Airflow"),
)
_OTHER = "#c8c8c8"


@dataclass(slots=True)
class Node:
    """A function within those that called it, with the samples in which it was running."""

    name: str
    samples: int = 0
    calls: dict[str, Node] = field(default_factory=dict)

    def add(self, stack: Iterable[str], count: int) -> None:
        """Adds samples of one stack, outermost function first."""
        node = self
        node.samples += count
        for name in stack:
            node = node.calls.setdefault(name, Node(name))
            node.samples += count


@dataclass(frozen=True, slots=True)
class Bar:
    """A function's place: ``left`` and ``width`` are shares of all samples."""

    name: str
    depth: int
    left: float
    width: float


def profile(lines: Iterable[str], below: str = "") -> Node:
    """The tree of a profile in the collapsed form: functions with semicolons between, and a count.

    >>> tree = profile(["process 1;main (a.py:3);load (b.py:7) 3", "main (a.py:4);scan (b.py:9) 1"])
    >>> tree.samples, [(one.name, one.samples) for one in tree.calls["main (a.py)"].calls.values()]
    (4, [('load (b.py)', 3), ('scan (b.py)', 1)])
    """
    root = Node("all")
    for line in lines:
        stack, _, count = line.rpartition(" ")
        frames = [_LINE.sub(")", frame) for frame in stack.split(";") if not frame.startswith("process ")]
        start = next((at for at, frame in enumerate(frames) if below and frame.startswith(below)), 0)
        if count.strip().isdigit():
            root.add(frames[start:], int(count))
    return root


def bars(root: Node) -> Iterator[Bar]:
    """Where each function that is wide enough is drawn, callers before what they call."""

    def within(node: Node, depth: int, left: float) -> Iterator[Bar]:
        for call in sorted(node.calls.values(), key=lambda one: -one.samples):
            width = call.samples / root.samples
            if width >= NARROWEST and depth < DEEPEST:
                yield Bar(call.name, depth, left, width)
                yield from within(call, depth + 1, left)
            left += width

    return within(root, 0, 0.0)


def colour(name: str) -> str:
    """The colour of the part of the software that a function belongs to."""
    return next((shade for part, shade, _ in _COLOURS if part in name), _OTHER)


def draw(profiles: dict[str, Node], target: Path) -> None:
    """One graph for each profile, with the same colours."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import patches, pyplot

    figure, axes = pyplot.subplots(len(profiles), 1, figsize=(14, 6.5 * len(profiles)), squeeze=False)
    for axis, (title, root) in zip(axes[:, 0], profiles.items(), strict=True):
        for bar in bars(root):
            axis.add_patch(patches.Rectangle((bar.left, -bar.depth - 1), bar.width, 0.94, color=colour(bar.name)))
            if room := int(bar.width * 170):
                shown = bar.name.split(" (")[0].rpartition(".")[2][:room]
                axis.text(bar.left + 0.001, -bar.depth - 0.55, shown, fontsize=6, va="center", clip_on=True)
        axis.set_title(f"{title} ({root.samples:,} samples)", loc="left", fontsize=10)
        axis.set_xlim(0, 1)
        axis.set_ylim(-DEEPEST, 0)
        axis.axis("off")
    handles = [patches.Patch(color=shade, label=words) for _, shade, words in _COLOURS if words]
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=8, frameon=False)
    figure.savefig(target, dpi=100, bbox_inches="tight")


def main() -> None:
    """Reads the profiles and draws them."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("target", type=Path)
    options.add_argument("profiles", nargs="+", metavar="TITLE=PROFILE")
    options.add_argument("--below", default="", metavar="FUNCTION")
    chosen = options.parse_args()
    named = (one.rpartition("=") for one in chosen.profiles)
    profiles = {}
    for title, _, path in named:
        with Path(path).open(encoding="utf-8") as lines:
            profiles[title] = profile(lines, chosen.below)
    draw(profiles, chosen.target)


if __name__ == "__main__":
    main()
