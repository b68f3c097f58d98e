"""Writes ``.env`` from ``.env.example``, with a random value for each secret; needs Python alone.

Usage: python3 docker/write_env.py. A file that is there already stays as it is.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
EMPTY = re.compile(r"^(\w+)=$", re.MULTILINE)


def secret(name: str) -> str:
    """A value for one variable: letters, digits, ``-``, ``_`` and ``=`` only, which are safe in URLs, JSON and SQL.

    Fernet wants 32 bytes in base64; SQL Server's password policy wants three kinds of characters.
    """
    if name == "AIRFLOW_FERNET_KEY":
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    if name == "AIRFLOW_UID":
        return str(os.getuid() if hasattr(os, "getuid") and os.getuid() else 50000)
    return f"{secrets.token_urlsafe(32)}-aA1"


def main() -> None:
    """Fills the empty values in, in a file that its owner alone may read."""
    target = PROJECT / ".env"
    if target.exists():
        print(f"{target} is there already and stays as it is.")
        return
    text = EMPTY.sub(lambda found: found[0] + secret(found[1]), (PROJECT / ".env.example").read_text(encoding="utf-8"))
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    print(f"Wrote {target}. Log in to Airflow as admin with the AIRFLOW_ADMIN_PASSWORD in it.")


if __name__ == "__main__":
    main()
