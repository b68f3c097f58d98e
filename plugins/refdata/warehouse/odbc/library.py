"""Whether this machine can use ODBC: pyodbc needs a system library that pip cannot install.

Nothing here imports pyodbc at the top, so that everything except an ODBC connection works without it.
"""

from __future__ import annotations

from refdata.core.errors import ConfigurationError

ADVICE = (
    "Install the driver manager unixODBC (Debian: apt-get install unixodbc; Red Hat: dnf install unixODBC), and "
    "pip install pyodbc if it is missing; or use a connection of type mssql, which needs neither."
)


def missing_library() -> str:
    """Why pyodbc cannot be imported, in the loader's words; ``""`` when it can."""
    try:
        import pyodbc  # noqa: F401  only whether it can be imported
    except ImportError as error:
        return str(error)
    return ""


def require_library(where: str) -> None:
    """Checks that ODBC can be used.

    :param where: the Airflow connection that needs it, for the message.
    :raises ConfigurationError: with what to install, when pyodbc or the system library below it is missing.
    """
    if reason := missing_library():
        raise ConfigurationError(f"ODBC cannot be used on this machine: {reason}", where=where, advice=ADVICE)
