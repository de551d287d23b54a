"""An envelope around what is said of a generation is taken off, and nothing that is none."""

from typing import Any

import pytest

from relay.models.envelope import unwrapped

SAYS = {"status": "completed", "output_url": "https://cdn.test/a.mp4"}


@pytest.mark.parametrize(
    ("payload", "inner"),
    [
        ({"event": "x", "data": {"id": "vgen_1"}}, "vgen_1"),
        ({"type": "x", "payload": {"id": "vgen_1"}}, "vgen_1"),
        ({"id": None, "data": {"id": "vgen_1"}}, "vgen_1"),
        ({"id": "vgen_1", "data": {"id": "other"}}, "vgen_1"),
        ({"id": "vgen_1", "data": [{"url": "x"}]}, "vgen_1"),
        ({"data": [{"url": "x"}]}, None),
    ],
)
def test_an_envelope_is_taken_off_where_what_is_in_it_has_the_id(
    payload: dict[str, Any], inner: str | None
) -> None:
    assert unwrapped(payload).get("id") == inner


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        # an envelope with an id of its own: of the event, of the request, of the generation
        ({"id": "evt_1", "type": "x", "data": {"id": "vgen_1", **SAYS}}, {"id": "vgen_1", **SAYS}),
        ({"id": "vgen_1", "data": SAYS}, {"id": "vgen_1", **SAYS}),
        ({"task_id": "vgen_1", "result": SAYS}, {"task_id": "vgen_1", **SAYS}),
        ({"batch_id": "b_1", "data": {"state": "done"}}, {"batch_id": "b_1", "state": "done"}),
        # two envelopes
        ({"id": "evt_1", "data": {"object": {"id": "vgen_1", **SAYS}}}, {"id": "vgen_1", **SAYS}),
        ({"event": "x", "payload": {"data": {"id": "vgen_1", **SAYS}}}, {"id": "vgen_1", **SAYS}),
        # the words of a transport around it
        ({"code": 200, "status": "success", "data": {"id": "v", "status": "failed"}}, {"status": "failed"}),
        # none
        ({"id": "vgen_1", "status": "failed", "data": {"status": "completed"}}, {"status": "failed"}),
        ({"id": "vgen_1", **SAYS, "object": "video.generation"}, {"object": "video.generation"}),
    ],
)
def test_what_is_said_is_found_within_however_many_envelopes(
    payload: dict[str, Any], says: dict[str, Any]
) -> None:
    found = unwrapped(payload)
    assert {name: found.get(name) for name in says} == says
