"""Monitoring: how much is not done. Reading never waits for a writer."""

from collections.abc import Sequence

from relay.models.delivery import DeliveryStatus
from relay.models.job import JobStatus
from relay.models.views import OpenWork
from relay.store.sql.repository import Repository

MOST_COUNTED = 100_000
DELIVERY_STATUSES = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING, DeliveryStatus.FAILED)
JOB_STATUSES = (
    JobStatus.QUEUED,
    JobStatus.HELD,
    JobStatus.SUBMITTED,
    JobStatus.PROCESSING,
    JobStatus.FAILED,
)


class SqlMonitoring(Repository):
    def open_work(self, connections: Sequence[str]) -> OpenWork:
        with self._database.read() as db:

            def count(statement: str, **asked: object) -> int:
                number: int = db.fetch_row(statement, {**asked, "most": MOST_COUNTED})["number"]
                return number

            deliveries = {
                (name, str(status)): count("count_deliveries_in_status", connection=name, status=status)
                for name in connections
                for status in DELIVERY_STATUSES
            }
            oldest = {
                name: db.fetch_row("oldest_due_of_connection", {"connection": name})["due_at"]
                for name in connections
            }
            jobs = {str(status): count("count_jobs_in_status", status=status) for status in JOB_STATUSES}
            newest = db.fetch_one("newest_event")
        last = newest["received_at"] if newest else None
        return OpenWork(deliveries, oldest, jobs, last, self._database.free_bytes())
