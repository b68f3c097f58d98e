"""Hands an uploaded file to the virus scanner that a setting names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from refdata.core.errors import ConfigurationError, DataError, FileBusyError

FILE = "{file}"


def scanner_command(setting: str) -> tuple[str, ...]:
    """The command and its arguments; empty where no scanner is set.

    >>> scanner_command('["clamdscan", "--fdpass", "{file}"]')
    ('clamdscan', '--fdpass', '{file}')

    :raises ConfigurationError: when the setting is not a list of texts.
    """
    if not setting.strip():
        return ()
    try:
        words = json.loads(setting)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigurationError(
            "Setting upload_scanner is not a JSON list of texts",
            where="[refdata] upload_scanner",
            advice=f'Write the command and its arguments, such as ["clamdscan", "--fdpass", "{FILE}"].',
        )
    return tuple(words)


def scan_upload(command: Sequence[str], file: Path, timeout: float) -> None:
    """Runs the scanner on a file, without a shell. It accepts the file by exit code 0; what it prints is not read.

    :param command: the file's path takes the place of ``{file}``, or comes last.
    :param timeout: seconds after which the scanner is stopped, and the file refused.
    :raises DataError: when the scanner refuses the file.
    :raises FileBusyError: when it does not end in time.
    :raises ConfigurationError: when it cannot be started.
    """
    words = [str(file) if word == FILE else word for word in command]
    if FILE not in command:
        words.append(str(file))
    code = _ended(words, timeout, file.name)
    if code != 0:
        raise DataError(
            f"The virus scanner refused the file (exit code {code})",
            where=file.name,
            advice="The file was deleted. Ask an administrator if you think that it is clean.",
        )


def _ended(words: Sequence[str], timeout: float, name: str) -> int:
    nothing = subprocess.DEVNULL
    try:
        # A group of its own, so that helpers of the scanner end with it.
        running = subprocess.Popen(  # noqa: S603  the administrator's command, without a shell
            words, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
    except OSError as fault:
        raise ConfigurationError(
            f"The virus scanner cannot be started: {os.strerror(fault.errno or 0)}",
            where="[refdata] upload_scanner",
            advice="Check the command; the API server must be able to run it.",
        ) from fault
    try:
        return running.wait(timeout)
    except subprocess.TimeoutExpired:
        raise FileBusyError(
            f"The virus scanner did not finish within {timeout:.0f} s, so the file was deleted",
            where=name,
            advice="Upload it again; if this happens again, ask an administrator to raise upload_scanner_timeout.",
        ) from None
    finally:
        if running.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
