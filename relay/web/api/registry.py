"""Every operation of the API: routes, OpenAPI document, page and tests are built from this list."""

from relay.web.api import deliveries, events, generations, jobs, kinds, pipelines, presets, queue, samples
from relay.web.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *kinds.OPERATIONS,
    *jobs.OPERATIONS,
    *samples.OPERATIONS,
    *presets.OPERATIONS,
    *pipelines.OPERATIONS,
    *generations.OPERATIONS,
    *events.OPERATIONS,
    *deliveries.OPERATIONS,
    *queue.OPERATIONS,
)
