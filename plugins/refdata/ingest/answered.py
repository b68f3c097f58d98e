"""Loads a file whose questions a person has answered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from refdata.core.errors import FileChangedError, HeldError
from refdata.core.model import DroppedFile, FileStatus
from refdata.core.questions import Given
from refdata.ingest.align import align_table
from refdata.ingest.asking import take_answers
from refdata.ingest.context import Deps, Detection, Loaded
from refdata.ingest.detect import detect_format
from refdata.ingest.load import load_approved


def load_answered(
    deps: Deps, file: DroppedFile, run_id: str, load_id: int, answers: Sequence[Given]
) -> tuple[Detection, Loaded]:
    """Loads the file from its first step on, since the answers may say how it is to be read.

    Repeated, it returns the result of the first call; answers that were recorded before are not recorded again.

    :raises RejectedError: an answer refuses the file.
    :raises FileChangedError: the load raises another question; the file is offered again, and that is asked.
    """
    alone = dataclasses.replace(deps, asks=False)
    row = alone.ledger.get(load_id)
    if row is not None and row.status is FileStatus.REVIEW:
        take_answers(alone, row, answers)
    try:
        detection = detect_format(alone, file, run_id)
        align_table(alone, file, detection)
        return detection, load_approved(alone, file, detection, None)
    except HeldError as error:
        raise FileChangedError(
            f"The answered load raises another question: {error.what}",
            where=file.path,
            advice="Nothing: the file is offered again, and the question is asked.",
        ) from None
