"""Retention and repair as an Airflow task."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from refdata import wiring
from refdata.ingest import maintenance
from refdata.operators.reconcile import state_of_run

if TYPE_CHECKING:
    from airflow.sdk import Context

_NAMED = 200


class MaintenanceOperator(BaseOperator):
    """Plans what to delete and repair; carries it out when the run's parameter ``apply`` says so."""

    ui_color = "#f1ead9"

    def execute(self, context: Context) -> dict[str, Any]:
        """The totals, and the first of what was, or would be, deleted."""
        deps = wiring.connect()
        deps.warehouse.initialise()
        planned = maintenance.plan(deps, state_of_run)
        for deletion in planned.deletions[:_NAMED]:
            self.log.info("%s %s: %s", deletion.kind, deletion.subject, deletion.why)
        apply = bool(context["params"].get("apply"))
        if apply:
            done = maintenance.carry_out(deps, planned, convert_heaps=bool(context["params"].get("convert_heaps")))
            for finding, left in done.left:
                self.log.warning("%s %s stays: %s", finding.kind, finding.where, left)
            for heap, problem in done.heaps:
                self.log.warning("%s stays a heap: %s", heap.table, problem)
        named = [asdict(deletion) for deletion in planned.deletions[:_NAMED]]
        return {"applied": apply, "total": maintenance.in_total(planned.deletions), "repaired": len(planned.findings),
                "heaps": [str(heap.table) for heap in planned.heaps], "first": named}  # fmt: skip
