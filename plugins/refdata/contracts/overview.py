"""What the contracts of all tables say about their loads, in a line each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from refdata.contracts.facts import Fact, facts, rule_facts
from refdata.contracts.files import contract_file_among, contract_files, declared, declared_in, folder_of, shown
from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.settings import Settings


@dataclass(frozen=True, slots=True)
class ContractSummary:
    """A table's contract: its file (``""``: none), the number of declared facts, its steward, the rules of its loads.

    The rules are those that the contract or ``tables.yaml`` states, each with its origin. ``trouble`` says why the
    files cannot be read.
    """

    table: str
    file: str
    facts: int = 0
    steward: str = ""
    rules: tuple[Fact, ...] = ()
    trouble: str = ""


def summaries(settings: Settings, tables: Iterable[str]) -> tuple[ContractSummary, ...]:
    """One summary for each table; a contract that is wrong says so in its own.

    :raises ConfigurationError: when the folder of the contracts cannot be read.
    """
    files = defaultdict(list)
    for path in contract_files(folder_of(settings)):
        files[fold_name(path.stem)].append(path)
    return tuple(_summary(settings, table, files.get(fold_name(table), [])) for table in tables)


def rules_beside(settings: Settings, table: str) -> tuple[Fact, ...]:
    """The rules that ``tables.yaml`` states of a table and its contract does not.

    :raises ConfigurationError: when one of the files is wrong, naming the line.
    """
    stated = rule_facts(declared(settings, table).contract)
    return tuple(fact for fact in stated if fact.origin and fact.origin.file == Path(settings.tables_file).name)


def _summary(settings: Settings, table: str, files: Sequence[Path]) -> ContractSummary:
    file = ", ".join(map(shown, files))
    try:
        contract = declared_in(contract_file_among(files, folder_of(settings), table), settings, table).contract
    except ConfigurationError as error:
        return ContractSummary(table, file, trouble=str(error))
    return ContractSummary(table, file, len(facts(contract)), contract.steward or "", rule_facts(contract))
