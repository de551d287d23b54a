"""Price estimates, asked of CreativeAI only when its requests per minute leave room beside the jobs'."""

from collections.abc import Callable

from relay.creativeai import CreativeAI
from relay.errors import StoreBusyError
from relay.generation.kinds import Estimate, JobInput, Kind, ask, estimate
from relay.models.queue import QueueLimits
from relay.store.contract.generation import QueueStore


class Prices:
    """Safe for any thread. `client` None: there is no API key, so prices are typical ones.

    account  which API key: the store counts the requests for it
    """

    def __init__(
        self, client: CreativeAI | None, store: QueueStore, *, account: str, limits: Callable[[], QueueLimits]
    ) -> None:
        self._client, self._store = client, store
        self._account, self._limits = account, limits

    def price(self, kind: Kind, job_input: JobInput, now: int) -> Estimate:
        if self._client is None or not kind.priced_as or not self._may_ask(now):
            return estimate(kind, job_input)
        return ask(kind, job_input, self._client, now)

    def _may_ask(self, now: int) -> bool:
        try:
            return self._store.take_request(self._account, self._limits(), now=now)
        except StoreBusyError:
            return False
