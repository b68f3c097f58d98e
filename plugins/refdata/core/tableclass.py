"""Which class a load has: that of its table, by the register, and not that of the folder its file was dropped in. Pure.

The change gate and the register apply to reference tables only. Were the folder to decide, a file in the other class
folder would replace a reference table past them.
"""

from __future__ import annotations

from collections.abc import Collection

from refdata.core.dropnames import load_folder_name
from refdata.core.errors import DataError
from refdata.core.model import DroppedFile, LoadType


def class_warning(file: DroppedFile, table: str, *, is_reference: bool) -> str | None:
    """The sentence about a file in the folder of the other class; None if it is in the folder of its table's class.

    :param is_reference: the class of the table.
    """
    if file.is_reference_data is is_reference:
        return None
    dropped, right = (load_folder_name(file.load_type, kind) for kind in (file.is_reference_data, is_reference))
    if is_reference:
        return (
            f"{file.name} was dropped in {dropped}, but {table} is a reference table: its contract and its change gate"
            f" apply, and it stays registered. Drop the next file in {right}."
        )
    return (
        f"{file.name} was dropped in {dropped}, but {table} is not registered as a reference table: it stays so."
        f" Drop the next file in {right}, or add {table} to Reference_Data_Cfg."
    )


def require_same_load(file: DroppedFile, table: str, kinds: Collection[LoadType]) -> None:
    """Refuses a full load from the other class folder into a table that was only appended to.

    Folder and load type both speak against it, and it would delete every row.

    :param kinds: the kinds of the table's loads so far.
    :raises DataError: for such a file.
    """
    if file.load_type is not LoadType.FULL or LoadType.APPEND not in kinds or LoadType.FULL in kinds:
        return
    raise DataError(
        f"{file.name} is in the folder of the other class, and would replace all rows of {table}, whose files were all"
        " appended so far",
        where=file.path,
        advice=f"Drop it in {load_folder_name(LoadType.APPEND, not file.is_reference_data)} to add its rows,"
        f" or in {load_folder_name(LoadType.FULL, not file.is_reference_data)} if it is to replace them.",
    )
