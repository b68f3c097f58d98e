"""Moves a dropped file to its archive once, whatever crashes, and puts the reason beside a refused one.

The archive name follows from the drop's name and the moment that the caller gives (the ledger row's
``created_at``, so that every try gives the same), numbered when another file has it. A call that is
repeated after a crash finds the file by inode, size and mtime where the earlier call left it, and goes
on from there. Within a filesystem the move is one exclusive rename. Across filesystems the copy appears
whole under its final name, and only then the original goes.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from filecmp import cmp as same_content
from pathlib import Path

from refdata.core.dropnames import OWN_PREFIX, beside, error_name, printable, processed_name
from refdata.core.errors import FileChangedError, RefdataError
from refdata.core.model import DroppedFile, FileIdentity
from refdata.core.stability import digest, identity_digest
from refdata.dropoff import Malformed, load_folder
from refdata.osfiles import exists, look, remove, rename_exclusive, root_folder, translated
