"""The question of a load that the change gate holds: publish it, or reject it. Pure."""

from __future__ import annotations

from refdata.core.contractterms import QuestionKind
from refdata.core.questions import REFUSE, Choice, Outcome, Question


def gate_question(table: str, file_name: str) -> Question:
    """Asks about a load that changes more than its table's limits allow; the buttons are those of Airflow's approval.

    >>> [(choice.key, choice.label) for choice in gate_question("units", "units.csv").choices]
    [('approve', 'Approve'), ('refuse', 'Reject')]
    """
    approve = Choice("approve", "Approve", "The load is published; the rows before it are kept as a version.")
    reject = Choice(REFUSE.key, "Reject", REFUSE.effect, Outcome.REFUSE)
    evidence = (f"It changes more of {table} than its limits allow without approval.",)
    subject = f"Publish {file_name} to {table}?"
    return Question(QuestionKind.CHANGE_GATE, table, subject, evidence, (approve, reject))
