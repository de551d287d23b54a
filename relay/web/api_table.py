"""Every operation of the API: the one list that routes, document, page and tests are made from."""

from relay.web import (
    api_deliveries,
    api_events,
    api_generations,
    api_jobs,
    api_kinds,
    api_pipelines,
    api_presets,
    api_queue,
    api_samples,
)
from relay.web.api_operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *api_kinds.OPERATIONS,
    *api_jobs.OPERATIONS,
    *api_samples.OPERATIONS,
    *api_presets.OPERATIONS,
    *api_pipelines.OPERATIONS,
    *api_generations.OPERATIONS,
    *api_events.OPERATIONS,
    *api_deliveries.OPERATIONS,
    *api_queue.OPERATIONS,
)
