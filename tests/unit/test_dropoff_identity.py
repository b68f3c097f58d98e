"""How a folder spells identity and order: as ledgers of all releases have it, and opaque to everything above."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import ConfigurationError
from refdata.core.model import LoadType
from refdata.dropoff import identity as module
from refdata.dropoff.identity import PosixIdentity

TIMES = st.integers(-(2**63), 2**63 - 1)
IDENTITIES = st.builds(PosixIdentity, st.integers(0, 2**63), TIMES, TIMES, st.integers(0, 2**64))
PACKAGE = Path(module.__file__).parents[1]


@given(IDENTITIES)
def test_a_spelled_identity_is_read_back(identity: PosixIdentity) -> None:
    assert PosixIdentity.read(str(identity)) == identity


@given(IDENTITIES)
def test_the_conf_of_an_earlier_release_names_the_same_file(identity: PosixIdentity) -> None:
    parts = {
        "size": identity.size,
        "mtime_ns": identity.mtime_ns,
        "ctime_ns": identity.ctime_ns,
        "inode": identity.inode,
    }
    assert PosixIdentity.read(parts) == identity


@given(st.lists(st.tuples(TIMES, st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1)), min_size=2))
def test_files_take_turns_by_last_change_and_then_by_name(files: list[tuple[int, str]]) -> None:
    keys = [PosixIdentity(1, mtime, 0, 1).order(name) for mtime, name in sorted(files)]
    assert all(one <= other for one, other in pairwise(keys))
    assert len(set(keys)) == len(set(files))


NO_IDENTITY = ["", "1-2-3", "1-2-3-4-5", "a-b-c-d", "1, 2, 3, 4", None, 7, {}, {"size": 1}, {"size": "x", "mtime_ns": 1,
               "ctime_ns": 1, "inode": 1}, ["1", "2", "3", "4"]]  # fmt: skip


@pytest.mark.parametrize("text", NO_IDENTITY)
def test_a_malformed_identity_is_refused(text: object) -> None:
    with pytest.raises(ConfigurationError, match="does not identify a file"):
        PosixIdentity.read(text)


def test_a_drop_knows_its_size_and_times() -> None:
    file = PosixIdentity(10, 20, 30, 40).dropped(
        "reference_data_table/append/a.csv", LoadType.APPEND, is_reference_data=True
    )
    assert (file.size, file.changed_ns, file.arrived_ns, file.identity) == (10, 20, 30, "10-20-30-40")


def test_nothing_above_the_folders_knows_what_an_identity_consists_of() -> None:
    words = {"st_ctime_ns", "st_mtime_ns", "ctime_ns", "inode", "mtime_ns", "PosixIdentity"}
    others = {PACKAGE / "copies" / "copy.py", PACKAGE / "contracts" / "stewards.py"}  # they compare files, not drops
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "dropoff" or path in others:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert used & words == set(), path


FILE_WORDS = {"link", "samestat", "st_ino", "utime"}
"""What only a source, or the maker of a plain or an encrypted copy, does with files."""


def test_nothing_above_the_sources_knows_how_a_file_is_held(tmp_path: Path) -> None:
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name not in ("dropoff", "copies") and path != PACKAGE / "sealing.py":
            assert held_words(path) == set(), path
    example = tmp_path / "example.py"
    example.write_text('os.link(a, b)\nname = f"/proc/self/fd/{number}"\n', encoding="utf-8")
    assert held_words(example) == {"link", "/proc/self"}


def held_words(path: Path) -> set[str]:
    tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    used = {node.attr for node in tree if isinstance(node, ast.Attribute)}
    texts = (node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return used & FILE_WORDS | {"/proc/self" for text in texts if "/proc/self" in text}


def test_nothing_above_the_readers_asks_what_kind_of_file_a_format_describes() -> None:
    below = {PACKAGE / "copyreader.py", PACKAGE / "core" / "filemodel.py"}
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name in ("csvformat", "copies") or path in below:
            continue
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        used = {node.attr for node in tree if isinstance(node, ast.Attribute)}
        assert used & {"part", "drawing", "workbook"} == set(), path
