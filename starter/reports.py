"""What the text gateway reports about a text of ours after it took it (S0.17)."""

from uuid import UUID

import structlog

from doorstep.store import text_reports
from doorstep.text.callbacks import Report
from starter.desk import Connected

log = structlog.get_logger()


class Reports(Connected):
    """News of messages that are out."""

    async def text_status(self, delivery_id: UUID, report: Report) -> bool:
        """Note what became of a text, in one transaction; False for an unknown one and for old news (S3.7).

        Whoever calls has made sure that the gateway said so.

        Raises:
            Unavailable: nothing was written.
        """
        noted = await self._run(
            lambda tx: text_reports.note(tx, self.means, delivery_id, report.status, report.cause, report.reply_code)
        )
        if noted.to_wake is not None:
            await self.starter.wake(noted.to_wake)
        if noted.is_new:
            log.info(
                "text_report_noted", delivery=str(delivery_id), status=report.status.value, cause=str(report.cause)
            )
        return noted.is_new
