"""What every kind of job keeps to: a list of checks, each of a kind and the least input that it takes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr
from responses import RequestsMock

from relay.creativeai import Batch, CreativeAI
from relay.generation.kinds import Kind, SubmitContext, kind, output_kinds
from relay.models.output_kind import BY_ID_PREFIX
from tests.creativeai.calls import API, IMAGE, NOW, REFERENCE
from tests.generation.inputs import LINK, least, refused

HOOK = "https://relay.example.com/webhooks/creativeai/job_7f3a"
ANSWER = {"id": "x_1", "batch_id": "b_1", "data": [{"url": LINK}]}


@dataclass(frozen=True)
class Case:
    """`net` answers in place of CreativeAI."""

    kind: Kind
    net: RequestsMock
    client: CreativeAI

    @property
    def least(self) -> dict[str, Any]:
        return least(self.kind)

    def send(self, hook: str = "") -> bytes:
        """The body that was sent."""
        self.net.add("POST", API + self.kind.endpoint.path, json=ANSWER)
        files = {each.name: IMAGE for each in self.kind.uploads if each.required}
        job_input = self.kind.input.model_validate(self.least)
        self.kind.send(self.client, job_input, SubmitContext(REFERENCE, NOW, webhook_url=hook, files=files))
        body: Any = self.net.calls[-1].request.body
        return body if isinstance(body, bytes) else str(body).encode()


def is_registered(case: Case) -> None:
    assert kind(case.kind.name) is case.kind
    assert output_kinds()[case.kind.output_kind] is case.kind.output


def says_what_it_is_in_one_sentence(case: Case) -> None:
    assert case.kind.title
    assert case.kind.summary.endswith(".")
    assert case.kind.summary.count(".") == 1
    assert 0 < case.kind.seconds[0] < case.kind.seconds[1]
    assert case.kind.output.label


def every_field_explains_itself_and_its_example_is_valid(case: Case) -> None:
    check_fields(case.kind.input)


def check_fields(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name
        assert field.examples, name
        assert field.annotation is not SecretStr, name
        for example in field.examples:
            assert name not in refused(model, {name: example}), name


def takes_its_least_input_and_nothing_less(case: Case) -> None:
    assert case.least
    assert refused(case.kind.input, case.least) == []
    for name in case.least:
        assert refused(case.kind.input, {**case.least, name: None}), name


def what_a_form_leaves_blank_counts_as_not_given(case: Case) -> None:
    blank = dict.fromkeys(case.kind.input.model_fields, " ") | case.least
    assert case.kind.input.model_validate(blank) == case.kind.input.model_validate(case.least)


def is_sent_to_its_endpoint_with_the_webhook_where_it_takes_one(case: Case) -> None:
    sent = case.send(HOOK)
    assert (HOOK.encode() in sent) is case.kind.webhook
    if not case.kind.uploads:
        body = json.loads(sent)
        assert body.pop("webhook_url", None) == (HOOK if case.kind.webhook else None)
        assert body == case.kind.input.model_validate(case.least).body()


def names_no_webhook_without_one(case: Case) -> None:
    assert b"webhook_url" not in case.send()


def is_polled_as_long_as_its_response_is_not_the_result(case: Case) -> None:
    assert (case.kind.poll is None) is (case.kind.poll_schedule is None)
    assert (case.kind.poll is None) is (case.kind.mode == "sync")


def a_polled_result_keeps_its_kind(case: Case) -> None:
    if case.kind.poll is None:
        return
    child = {"id": "c_1", "status": "completed", "output_url": LINK}
    for path in ("v1/video/generations/batch", "v1/video/generations", "api/generate/status"):
        case.net.get(f"{API}/{path}/x_1", json={**child, "id": "x_1", "jobs": [child]})
    case.net.assert_all_requests_are_fired = False
    found = case.kind.poll(case.client, "x_1", NOW)
    assert found.id == "x_1"
    results = found.results if isinstance(found, Batch) else (found.result,)
    assert [result.kind for result in results if result] == [case.kind.output_kind]


def its_ids_begin_as_a_webhook_reads_them(case: Case) -> None:
    """A batch's id is no generation's; a kind of result of its own is not known to webhooks."""
    for prefix in case.kind.id_prefixes:
        known = BY_ID_PREFIX.get(prefix.partition("_")[0])
        assert known in (case.kind.output, None), prefix


CONTRACT: tuple[Callable[[Case], None], ...] = (
    is_registered,
    says_what_it_is_in_one_sentence,
    every_field_explains_itself_and_its_example_is_valid,
    takes_its_least_input_and_nothing_less,
    what_a_form_leaves_blank_counts_as_not_given,
    is_sent_to_its_endpoint_with_the_webhook_where_it_takes_one,
    names_no_webhook_without_one,
    is_polled_as_long_as_its_response_is_not_the_result,
    a_polled_result_keeps_its_kind,
    its_ids_begin_as_a_webhook_reads_them,
)
