"""Whatever fits the document is answered as the document says; whatever does not is refused; nothing breaks.

Schemathesis reads our OpenAPI document and makes the requests, of both sorts.
"""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from relay.generation.create_job import new_job
from relay.models.job import Source
from relay.web.api.openapi import document
from relay.web.api.operation import Operation
from relay.web.api.registry import OPERATIONS
from tests.web.conftest import OpenSite
from tests.web.site import N8N, Site
from tests.wire import generation

TOKEN = "cr_of-the-test"
NOBODY_LISTENS = "https://api.creativeai.run=http://127.0.0.1:9"


# An input has rules beyond its kind's schema (a public address, a file that fits), so 422 is right for some.
# A query that breaks the rules by an empty list is none any more when it is written into an address.
def excluded(operation: Operation) -> list[Any]:
    return [positive_data_acceptance, *([] if operation.body else [negative_data_rejection])]


few = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def described_for(mode: GenerationMode) -> dict[str, Any]:
    """A token that is left out to break the rules would be put back: that is a test of its own."""
    made = document(OPERATIONS)
    return made if mode is GenerationMode.POSITIVE else made | {"security": []}


def seen(site: Site, operation: Operation) -> dict[str, str]:
    """Something real for the path's names: of a random id only its absence can be told."""
    site.post(generation("vgen_1"))
    job = new_job("voice", {"text": "Hello."}, source=Source.API)
    ids = {
        "jobs": site.store.create_jobs([job], now=1)[0].job_id,
        "pipelines": site.store.create_pipeline("one", [replace(job, step="a")], context={}, now=1).job_id,
        "generations": "vgen_1",
        "events": site.store.events(limit=1)[0].id,
        "deliveries": site.store.deliveries(limit=1)[0].id,
        "kinds": "voice",
    }
    return {name: ids.get(operation.path.split("/")[2], "unknown") for name in operation.path_names}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "mode"),
    [(each, GenerationMode.POSITIVE) for each in OPERATIONS]
    + [(each, GenerationMode.NEGATIVE) for each in OPERATIONS if each.body or each.query],
    ids=lambda each: each.id if isinstance(each, Operation) else each.value,
)
def test_any_request_is_answered_as_the_document_says(
    open_site: OpenSite, operation: Operation, mode: GenerationMode
) -> None:
    site = open_site(CREATIVEAI_API_KEY="key-of-the-test", ORIGIN_MAP=NOBODY_LISTENS, **N8N)
    site.store.add_token("schemathesis", sha256(TOKEN.encode()).hexdigest(), now=1)
    known = {"path_parameters": seen(site, operation)} if mode is GenerationMode.POSITIVE else {}
    schema = schemathesis.openapi.from_dict(described_for(mode))
    schema.app = site.app
    described = schema[operation.path][operation.method]

    @few
    @given(case=described.as_strategy(generation_mode=mode, **known))
    def each(case: schemathesis.Case) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {TOKEN}"}, excluded_checks=excluded(operation)
        )

    each()
