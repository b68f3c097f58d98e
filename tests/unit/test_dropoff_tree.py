"""Files that a scan accepts, skips and refuses; and opening those that it found."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from refdata.core.errors import (
    ConfigurationError,
    DropoffError,
    FileBusyError,
    FileChangedError,
    PermissionDeniedError,
)
from refdata.core.failure import Failure
from refdata.core.model import DroppedFile, LoadType
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree, tree
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.tree import (
    check_unchanged,
    hand_back,
    holds_drop,
    identity_at,
    open_dropped,
    recover_handed_back,
    scan,
)
from tests.fileclock import next_tick

FULL = "reference_data_table/fullload"
NOBODY = 65534


RECEIVED = datetime(2024, 12, 1, tzinfo=UTC)
FAULT = Failure("data", "damaged", "line 1", "fix it", transient=False, task="detect_format")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    ensure_tree(tmp_path / "dropoff")
    return tmp_path / "dropoff"


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A dropoff root that every user can reach, for tests of rights; pytest's own folders are private."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        ensure_tree(Path(folder) / "dropoff")
        yield Path(folder) / "dropoff"


@contextmanager
def another_user() -> Iterator[None]:
    """Acts as somebody without rights; tests may run as root, whom nothing is denied."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


def drop(root: Path, path: str = f"{FULL}/airports.csv", text: str = "code\nNA\n") -> DroppedFile:
    (root / path).write_text(text)
    next_tick(root.parent)
    return next(file for file in scan(root).files if file.path == path)


def test_all_four_load_folders_are_read(root: Path) -> None:
    for kind in ("reference_data_table", "none_reference_data_table"):
        for load in ("fullload", "append"):
            (root / kind / load / f"{load}.csv").write_text("a\n1\n")
    assert {(file.path, file.load_type, file.is_reference_data) for file in scan(root).files} == {
        ("reference_data_table/fullload/fullload.csv", LoadType.FULL, True),
        ("reference_data_table/append/append.csv", LoadType.APPEND, True),
        ("none_reference_data_table/fullload/fullload.csv", LoadType.FULL, False),
        ("none_reference_data_table/append/append.csv", LoadType.APPEND, False),
    }
    assert scan(root).malformed == ()


def test_identity_is_what_lstat_says(root: Path) -> None:
    file = drop(root)
    status = (root / file.path).lstat()
    assert PosixIdentity.read(file.identity) == PosixIdentity.of(status)
    assert (file.size, file.changed_ns, file.arrived_ns) == (status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@pytest.mark.parametrize(
    "name", ["مطارات.csv", "机场.csv", "✈️😀.csv", "x'; DROP TABLE ref;--.csv", "A B.CSV", "%s{0}.csv"]
)
def test_any_script_and_any_text_may_be_a_name(root: Path, name: str) -> None:
    file = drop(root, f"{FULL}/{name}", "text")
    with open_dropped(root, file.path, file.identity) as stream:
        assert stream.read() == b"text"


def test_names_that_are_not_drops_are_skipped(root: Path) -> None:
    for name in (".a.csv", "~a.csv", "~$a.csv", "a.csv.tmp", "a.part.csv", "a.txt", "a.csv.crdownload", "README"):
        (root / FULL / name).write_text("a\n")
    (root / FULL / "sub").mkdir()
    (root / FULL / "sub" / "a.csv").write_text("a\n")
    (root / "tables.yaml").write_text("{}")
    result = scan(root)
    assert (result.files, result.malformed) == ((), ())


ARCHIVES = {
    "inside the load folders": ({}, (f"{FULL}/processed", f"{FULL}/error")),
    "of an earlier installation": ({}, ("processed", "error")),
    "gathered": ({"processed_root": "done", "error_root": "bad/deep"}, ("done", "bad/deep")),
    "gathered in a class folder": (
        {"processed_root": "reference_data_table/done", "error_root": "none_reference_data_table/a/b"},
        ("reference_data_table/done", "none_reference_data_table/a/b"),
    ),
    "of the default, while gathered": (
        {"processed_root": "/mnt/done", "error_root": "/mnt/bad"},
        (f"{FULL}/processed", f"{FULL}/error", "processed", "error"),
    ),
}


@pytest.mark.parametrize(("written", "folders"), ARCHIVES.values(), ids=ARCHIVES)
def test_archives_are_not_looked_into(root: Path, written: dict[str, str], folders: tuple[str, ...]) -> None:
    for folder in folders:
        (root / folder).mkdir(parents=True)
        (root / folder / "20241201_120000_a.csv").write_text("a\n")
    result = Dropoff.of(Settings(dropoff_root=str(root), **written)).scan()  # type: ignore[arg-type]  # only text settings
    assert (result.files, result.malformed) == ((), ())


def test_a_folder_beside_an_archive_that_contains_drops_is_reported(root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "reference_data_table" / "done").mkdir()
    (root / "reference_data_table" / "processed").mkdir()
    (root / "reference_data_table" / "processed" / "a.csv").touch()
    found = Dropoff.of(Settings(dropoff_root=str(root), processed_root="reference_data_table/done")).scan()
    assert [place.path for place in found.malformed] == ["reference_data_table/processed"]


def _symlink(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _hard_link(path: Path) -> None:
    original = path.parents[3] / "secret"
    original.write_text("secret")
    path.hardlink_to(original)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path is short
        server.bind(path.name)
        os.chdir(here)


def _device(path: Path) -> None:
    os.mknod(path, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero: it never ends


MALFORMED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "directly under the root": ("a.csv", Path.touch, "outside the load folders"),
    "in a class folder": ("reference_data_table/a.csv", Path.touch, "outside the load folders"),
    "folder named like a file": (f"{FULL}/x.csv", Path.mkdir, "it is a folder"),
    "folder named like a file, under the root": ("x.csv", Path.mkdir, "it is a folder"),
    "symbolic link": (f"{FULL}/x.csv", _symlink, "it is a symbolic link"),
    "hard link": (f"{FULL}/x.csv", _hard_link, "it is a hard link with 2 names"),
    "pipe": (f"{FULL}/x.csv", os.mkfifo, "it is a pipe"),
    "socket": (f"{FULL}/x.csv", _socket, "it is a socket"),
    "newline in the name": (f"{FULL}/a\\nb.csv", lambda path: Path(str(path).replace("\\n", "\n")).touch(), "control"),
    "name of bytes": (
        f"{FULL}/a\\udcff.csv",
        lambda path: Path(str(path).replace("\\udcff", "\udcff")).touch(),
        "UTF-8",
    ),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_a_device_is_neither_taken_nor_opened(root: Path) -> None:
    file = drop(root)
    (root / file.path).unlink()
    _device(root / file.path)
    result = scan(root)
    assert (result.files, [place.reason for place in result.malformed]) == ((), ["it is a device"])
    with pytest.raises(DropoffError, match="it is a device"):
        open_dropped(root, file.path, file.identity)


@pytest.mark.parametrize(("path", "make", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_places_are_reported_and_not_taken(
    root: Path, path: str, make: Callable[[Path], object], reason: str
) -> None:
    make(root / path)
    result = scan(root)
    assert result.files == ()
    assert [(place.path, reason in place.reason) for place in result.malformed] == [(path, True)]


@pytest.mark.parametrize(
    "folder", ["fullload", "reference_data_tables", "reference_data_table/full", "Reference/append"]
)
def test_a_folder_of_a_wrong_name_is_reported_once_for_all_its_files(root: Path, folder: str) -> None:
    (root / folder).mkdir(parents=True)
    for number in range(5):
        (root / folder / f"{number}.csv").touch()
    places = scan(root).malformed
    assert len(places) == 1
    assert folder.startswith(places[0].path)


def test_a_load_folder_that_is_a_link_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.csv").touch()
    (root / FULL).rmdir()
    (root / FULL).symlink_to(tmp_path / "elsewhere")
    result = scan(root)
    assert result.files == ()
    assert [place.path for place in result.malformed] == [FULL]


def test_a_root_that_is_a_link_is_the_administrators_choice(root: Path, tmp_path: Path) -> None:
    drop(root)
    (tmp_path / "link").symlink_to(root)
    assert len(scan(tmp_path / "link").files) == 1


@pytest.mark.parametrize("make", [lambda path: None, Path.touch, Path.mkdir], ids=["missing", "a file", "empty"])
def test_a_wrong_root_is_a_configuration_error_that_names_it(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match=str(tmp_path / "nowhere")):
        scan(tmp_path / "nowhere")


CHANGES: dict[str, Callable[[Path], object]] = {
    "appended to": lambda path: append(path, "more"),
    "truncated": lambda path: path.write_text(""),
    "replaced": lambda path: (
        path.with_suffix(".new").write_text("code\nNA\n"),
        path.with_suffix(".new").replace(path),
    ),
    "touched": lambda path: os.utime(path, ns=(0, 0)),
    "moved away and back": lambda path: (path.rename(path.with_suffix(".x")), path.with_suffix(".x").rename(path)),
    "removed": Path.unlink,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_file_that_is_not_the_released_one_is_not_opened(root: Path, change: Callable[[Path], object]) -> None:
    file = drop(root)
    change(root / file.path)
    with pytest.raises(FileChangedError):
        open_dropped(root, file.path, file.identity)


AWAY: dict[str, Callable[[Path], object]] = {
    "its folder": lambda root: (root / FULL).rename(root / "x"),
    "the class folder": lambda root: (root / "reference_data_table").rename(root / "x"),
    "the root": lambda root: root.rename(root.with_name("away")),
}


@pytest.mark.parametrize("take_away", AWAY.values(), ids=AWAY)
def test_a_mount_that_is_away_is_waited_for_and_no_file_in_it_counts_as_gone(
    root: Path, take_away: Callable[[Path], object]
) -> None:
    file = drop(root)
    take_away(root)
    asked: list[Callable[[], object]] = [
        lambda: open_dropped(root, file.path, file.identity),
        lambda: identity_at(root, file.path),
        lambda: holds_drop(root, file.path),
        lambda: hand_back(root, file),
    ]
    for ask in asked:
        with pytest.raises(FileBusyError):
            ask()


REPLACED_BY: dict[str, Callable[[Path], object]] = {
    "symbolic link": _symlink,
    "folder": Path.mkdir,
    "pipe without a writer": os.mkfifo,
    "hard link": _hard_link,
}


@pytest.mark.parametrize("make", REPLACED_BY.values(), ids=REPLACED_BY)
def test_only_plain_files_are_opened(root: Path, make: Callable[[Path], object]) -> None:
    file = drop(root)
    (root / file.path).unlink()
    make(root / file.path)
    with pytest.raises(DropoffError):
        open_dropped(root, file.path, file.identity)


def test_a_storage_that_loses_the_open_file_is_waited_for(root: Path) -> None:
    file = drop(root)
    stream = open_dropped(root, file.path, file.identity)
    os.close(stream.fileno())  # as NFS answers ESTALE
    with pytest.raises(FileBusyError):
        check_unchanged(stream, file.path, file.identity)
    with contextlib.suppress(OSError):
        stream.close()


def test_a_pipe_that_takes_the_files_place_just_then_does_not_hang(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = drop(root)
    real = tree._require_plain

    def swap(status: os.stat_result, path: str) -> None:
        real(status, path)
        (root / file.path).unlink()
        os.mkfifo(root / file.path)
        monkeypatch.setattr(tree, "_require_plain", real)

    monkeypatch.setattr(tree, "_require_plain", swap)
    signal.alarm(10)  # opening a pipe waits for its writer: better an end of the tests than a wait without one
    try:
        with pytest.raises(DropoffError):
            open_dropped(root, file.path, file.identity)
    finally:
        signal.alarm(0)


def test_a_link_in_any_folder_of_the_path_is_refused(root: Path, tmp_path: Path) -> None:
    file = drop(root)
    (root / "reference_data_table").rename(tmp_path / "moved")
    (root / "reference_data_table").symlink_to(tmp_path / "moved")
    with pytest.raises(DropoffError):
        open_dropped(root, file.path, file.identity)


def test_a_file_that_changes_while_it_is_read_is_reported_at_the_end(root: Path) -> None:
    file = drop(root)
    dropoff = Dropoff.of(Settings(dropoff_root=str(root)))
    with pytest.raises(FileChangedError), dropoff.open(file) as path:
        assert Path(path).read_text() == "code\nNA\n"
        append(root / file.path, "DE\n")


def test_a_file_that_is_swapped_while_it_is_read_is_read_to_its_own_end(root: Path) -> None:
    """The new file is watched again. What was opened is unlinked, and that shows in its ctime."""
    file = drop(root)
    dropoff = Dropoff.of(Settings(dropoff_root=str(root)))
    (root / "new").write_text("other")
    with pytest.raises(FileChangedError), dropoff.open(file) as path:
        (root / "new").replace(root / file.path)
        assert Path(path).read_text() == "code\nNA\n"


def test_an_unreadable_file_is_found_and_its_opening_denied(open_root: Path) -> None:
    file = drop(open_root)
    (open_root / file.path).chmod(0)
    with another_user():
        assert [found.path for found in scan(open_root).files] == [file.path]
        with pytest.raises(PermissionDeniedError, match=f"{file.path}.*uid"):
            open_dropped(open_root, file.path, file.identity)


def test_a_folder_that_may_not_be_read_is_reported(open_root: Path) -> None:
    (open_root / FULL).chmod(0o700)
    with another_user():
        assert [(place.path, place.reason) for place in scan(open_root).malformed] == [(FULL, "it is not readable")]


def test_a_root_that_may_not_be_read_is_a_permission_error(open_root: Path) -> None:
    open_root.chmod(0o700)
    with another_user(), pytest.raises(PermissionDeniedError, match=str(open_root)):
        scan(open_root)


def test_a_file_of_another_owner_is_handed_back_too(open_root: Path) -> None:
    """Setting times is the owner's right; the folder's rights are enough."""
    file = drop(open_root)
    (open_root / FULL).chmod(0o777)
    with another_user():
        identity = hand_back(open_root, file)
    assert identity != file.identity
    assert PosixIdentity.read(identity).mtime_ns == file.changed_ns
    assert [path.name for path in (open_root / FULL).iterdir()] == ["airports.csv"]


def test_an_archive_that_may_not_be_written_is_a_permission_error(open_root: Path) -> None:
    file = drop(open_root)
    with another_user(), pytest.raises(PermissionDeniedError, match="error"):
        Dropoff.of(Settings(dropoff_root=str(open_root))).archive_error(file, RECEIVED, 0, FAULT)


def test_a_file_handed_back_is_another_drop_with_the_same_mtime(root: Path) -> None:
    file = drop(root)
    identity = hand_back(root, file)
    back = PosixIdentity.read(identity)
    assert back.ctime_ns > file.arrived_ns
    assert back.is_touched(PosixIdentity.read(file.identity))
    (again,) = scan(root).files
    assert (again.identity, again.order) == (identity, file.order)
    with pytest.raises(FileChangedError):
        hand_back(root, file)


def test_a_file_that_is_handed_back_within_a_tick_of_the_clock_is_another_drop_each_time(root: Path) -> None:
    file, identities = drop(root), set()
    for _ in range(10):
        file = replace(file, identity=hand_back(root, file))
        identities.add(file.identity)
    assert len(identities) == 10


def test_a_file_left_hidden_by_a_crash_while_handed_back_comes_back(root: Path) -> None:
    file = drop(root)
    (root / file.path).rename(root / FULL / ".refdata-back-airports.csv")
    assert scan(root).files == ()
    assert recover_handed_back(root) == (file.path,)
    assert [found.path for found in scan(root).files] == [file.path]


def test_presence_of_the_very_file_and_of_any(root: Path) -> None:
    file = drop(root)
    dropoff = Dropoff.of(Settings(dropoff_root=str(root)))
    assert (dropoff.is_there(file), dropoff.exists(file.path)) == (True, True)
    (root / file.path).write_text("changed")
    assert (dropoff.is_there(file), dropoff.exists(file.path)) == (False, True)
    (root / file.path).unlink()
    assert (dropoff.is_there(file), dropoff.exists(file.path)) == (False, False)
