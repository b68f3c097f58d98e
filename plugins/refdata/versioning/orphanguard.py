"""Guards a parent's children while one of its loads is undone (``on_orphans``)."""

from __future__ import annotations

from dataclasses import dataclass

from refdata.contracts.files import declared, referring
from refdata.core.contractterms import OnOrphans
from refdata.core.doubts.orphans import words_of
from refdata.core.errors import DataError, OrphansError
from refdata.core.keyrules import Side
from refdata.core.model import Table
from refdata.core.publishing import qualified
from refdata.versioning.locating import Versions
from refdata.versioning.orphans import Children, losses_of
from refdata.warehouse.base import Session


@dataclass(frozen=True, slots=True)
class UndoGuard:
    """What the undo of a load of ``table`` may take away from other tables; made before its transaction begins.

    ``warnings`` are about contracts that cannot be read.
    """

    versions: Versions
    table: str
    policy: OnOrphans
    children: Children
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, versions: Versions, table: str) -> UndoGuard:
        """The guard of a table, from the contracts as they are now.

        :raises ConfigurationError: when the table's own contract is wrong.
        """
        settings, name = versions.settings, versions.live_name(table)
        contracts, unreadable = referring(settings, table)
        policy = declared(settings, table).contract.policies.on_orphans
        return cls(versions, table, policy, Children.of(versions.warehouse, settings, name, contracts), (*unreadable,))

    def check(
        self, session: Session, live: Table, backup: Table, before: int, cause: str, *, accepted: bool
    ) -> tuple[str, ...]:
        """Compares the live rows with those that were just kept under ``before``; returns what to warn of.

        :param accepted: a person accepts what is lost.
        :raises OrphansError: when rows of a child lose what they refer to, and no person has accepted it.
        :raises DataError: when they do and the policy is ``refuse``.
        """
        engine = self.versions.warehouse.capabilities
        sides = Side(qualified(backup.name), backup.columns, before), Side(qualified(live.name), live.columns)
        references = self.children.references(engine, *sides)
        found = (losses_of(session, self.table, one, cause) for one in references)
        losses = [one for one in found if one is not None]
        if losses and (self.policy is OnOrphans.REFUSE or (self.policy is OnOrphans.HOLD and not accepted)):
            first = "first load the other table without what refers to them"
            what = f"{words_of(losses)}; on_orphans is {self.policy}"
            if self.policy is OnOrphans.REFUSE:
                raise DataError(what, where=self.table, advice=f"F{first[1:]}.")
            accept = f"Repeat it with accept_orphans (--accept-orphans) if that is right, or {first}."
            raise OrphansError(what, where=self.table, advice=accept)
        said = "accepted" if self.policy is OnOrphans.HOLD else "on_orphans is allow"
        return (*self.warnings, *(f"{one.words}; {said}." for one in losses))
