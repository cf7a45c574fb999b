"""A forgotten password: send what fits, wait 24 hours for the link to be used, tell of the change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import PasswordLinkRef, PasswordLinkStanding
    from activities.passwords import PasswordActivities
    from workflows import timing


PasswordActivity = Callable[[PasswordActivities, PasswordLinkRef], Awaitable[PasswordLinkStanding]]


@dataclass(frozen=True)
class PasswordLinkOutcome:
    """Result of the workflow: `used`, `expired`, or `moot` where no link was needed."""

    state: str


@workflow.defn(name="PasswordLinkWorkflow")
class PasswordLinkWorkflow:
    """Waits for one link to be used; the row decides whether it still can be."""

    @workflow.init
    def __init__(self, ref: PasswordLinkRef) -> None:
        self._ref = ref
        self._is_woken = False

    @workflow.run
    async def run(self, _ref: PasswordLinkRef) -> PasswordLinkOutcome:
        """Send, wait, tell."""
        standing = await self._do(PasswordActivities.answer_forgotten_password, "Send what fits")
        while standing.state == "sent":
            standing = await self._wait(standing)
        if standing.state == "used" and "password_changed" not in standing.deliveries:
            standing = await self._do(PasswordActivities.tell_password_changed, "Tell of the change")
        workflow.set_current_details(f"### {standing.state}")
        return PasswordLinkOutcome(standing.state)

    async def _wait(self, standing: PasswordLinkStanding) -> PasswordLinkStanding:
        workflow.set_current_details("### sent\n\nWaiting for the link to be used.")
        if standing.wait_seconds > 0 and not self._is_woken:
            try:
                await workflow.wait_condition(
                    lambda: self._is_woken,
                    timeout=timedelta(seconds=standing.wait_seconds),
                    timeout_summary="Until the link dies",
                )
            except TimeoutError:
                return await self._do(PasswordActivities.expire_password_link, "Expire the link")
        if not self._is_woken:
            return await self._do(PasswordActivities.expire_password_link, "Expire the link")
        self._is_woken = False
        return await self._do(PasswordActivities.tell_password_changed, "Tell of the change")

    async def _do(self, what: PasswordActivity, summary: str) -> PasswordLinkStanding:
        return await workflow.execute_activity_method(what, self._ref, **timing.options(summary))

    @workflow.query(description="How far the link is")
    def status(self) -> dict[str, str]:
        """What the details say, as JSON."""
        return {"details": workflow.get_current_details()}

    @workflow.signal(description="Ours: the row has changed, look at it. No payload.")
    def wake(self) -> None:
        """Look at the row."""
        self._is_woken = True
