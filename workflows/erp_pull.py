"""One pull of the ERP's export: started by its schedule, or by hand through the same schedule, so never two at once."""

from dataclasses import dataclass

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.contracts import ErpPulled, ErpSourceRef
    from activities.erp import ErpActivities
    from workflows import timing


@dataclass(frozen=True)
class ErpPullOutcome:
    """Result of the workflow: `done`, `unchanged`, `failed` or `skipped`, and how many rows."""

    outcome: str
    rows: int = 0
    refused: int = 0


@workflow.defn(name="ErpPullWorkflow")
class ErpPullWorkflow:
    """Fetches and imports; what it did stands in the database, and only how much of it here."""

    @workflow.run
    async def run(self, ref: ErpSourceRef) -> ErpPullOutcome:
        """Pull once."""
        pulled = await self._pull(ref)
        said = f"{pulled.rows} rows, {pulled.refused} refused" if pulled.rows else "No rows were read."
        workflow.set_current_details(f"### {pulled.outcome}\n\n{said}")
        return ErpPullOutcome(pulled.outcome, pulled.rows, pulled.refused)

    async def _pull(self, ref: ErpSourceRef) -> ErpPulled:
        try:
            return await workflow.execute_activity_method(
                ErpActivities.pull_export, ref, **timing.for_an_hour("Fetch and import")
            )
        except ActivityError:
            # Hours of tries have come to nothing: the next pull is due, and this one has to say how it ended.
            return await workflow.execute_activity_method(
                ErpActivities.give_up_pull, ref, **timing.options("Note that it failed")
            )
