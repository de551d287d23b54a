"""A pipeline is checked as a whole before anything of it is stored."""

from typing import Any

import pytest

from relay.generation.create_job import InputError
from relay.generation.kinds import estimate, kind
from relay.generation.pipeline import of_preset
from relay.generation.pipeline_steps import Step
from relay.generation.presets import COMMERCE, Commerce
from relay.models.job import Source, UploadedFile
from tests.generation.inputs import LEAST
from tests.generation.kinds.test_image_size import png
from tests.generation.plans import PHOTO, commerce, planned, step


def faults(*steps: Step, **fields: Any) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        planned(*steps, **fields)
    return caught.value.faults


def test_every_fault_of_every_step_is_named_at_once() -> None:
    said = faults(
        step("voice", input={"speed": 9}),
        step("video", "image-to-video", input={"duration": 99}, inputs={"image_url": "voice"}),
        step("odd", "time-travel", input={}),
    )
    assert said.keys() == {"voice.text", "voice.speed", "video.prompt", "video.duration", "odd.kind"}


def test_a_field_that_another_step_fills_is_not_missed() -> None:
    edit = step("edit", "upscale")
    (_, video) = planned(
        edit, step("v", "image-to-video", input={"prompt": "A"}, inputs={"image_url": "edit"})
    ).jobs
    assert "image_url" not in video.input
    assert video.inputs == {"image_url": "edit"}
    chart = step("chart", "chart-to-video", inputs={"chart_image_url": "edit"})
    assert planned(edit, chart).jobs[1].input["animation_style"] == "ken_burns"


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([step("v", "upscale", inputs={"image_url": "nobody"})], "v.image_url"),
        ([step("a", "upscale", inputs={"image_url": "a"})], "steps"),
        (
            [
                step("a", "upscale", inputs={"image_url": "b"}),
                step("b", "restore", inputs={"image_url": "a"}),
            ],
            "steps",
        ),
        ([step("a"), step("a")], "steps"),
        ([step("a"), step("b", inputs={"text": "a"})], "b.text"),
        ([step("a"), step("b", "upscale", inputs={"image": "a"})], "b.image"),
        (
            [step("a"), step("b", "upscale", input=LEAST["upscale"], inputs={"image_url": "a"})],
            "b.image_url",
        ),
        ([], "steps"),
    ],
    ids=["unknown step", "itself", "circle", "same name", "no link", "no such field", "given too", "nothing"],
)
def test_what_cannot_be_fed_is_refused(steps: list[Step], field: str) -> None:
    said = faults(*steps)
    assert field in said
    assert said[field].endswith(".")


def test_files_and_context_are_checked_too() -> None:
    said = faults(
        step("edit", "image-edit"),
        context={"sku": "x" * 3000},
        files={"nobody": [PHOTO], "edit": [UploadedFile("image", "a.txt", "text/plain", b"hello")]},
    )
    assert said.keys() == {"context", "nobody", "edit.image"}


def test_only_what_feeds_no_other_step_delivers_unless_it_is_said() -> None:
    feeds = {"image_url": "a"}
    new = planned(
        step("a", "upscale"), step("b", "restore", inputs=feeds), step("c", "restore", inputs=feeds)
    )
    assert [job.fan_out for job in new.jobs] == [False, True, True]
    said = planned(step("a", "upscale", fan_out=True), step("b", "restore", inputs=feeds, fan_out=False))
    assert [job.fan_out for job in said.jobs] == [True, False]


def test_the_same_request_has_the_same_digest_and_another_photo_another() -> None:
    assert commerce().digest == commerce().digest
    other = UploadedFile("image", "mug.png", "image/png", png(64, 49))
    assert len({commerce().digest, commerce(other).digest, commerce(voice="nova").digest}) == 3


# -- the preset for shops


def test_the_preset_makes_four_steps_of_which_the_last_delivers() -> None:
    new = commerce(duration="8 s", aspect_ratio="9:16", replace_audio=False)
    edit, video, voice, compose = new.jobs
    assert [job.step for job in new.jobs] == ["edit", "video", "voice", "compose"]
    assert [job.fan_out for job in new.jobs] == [False, False, False, True]
    assert (edit.files, edit.input["prompt"]) == ((PHOTO,), "White studio")
    assert (video.input["duration"], video.input["aspect_ratio"], video.inputs) == (
        8,
        "9:16",
        {"image_url": "edit"},
    )
    assert (voice.input["text"], voice.inputs) == ("Meet the mug.", {})
    assert compose.input == {"replace_audio": False}
    assert compose.inputs == {"video_url": "video", "audio_url": "voice"}
    assert {tuple(job.context.items()) for job in new.jobs} == {(("sku", "MUG-1"),)}


def test_its_estimate_is_the_sum_of_its_steps() -> None:
    names = ("image-edit", "image-to-video", "voice", "compose")
    each = [estimate(kind(name), kind(name).input.model_validate(LEAST[name])).credits for name in names]
    assert commerce().estimate == sum(each) > 0


def test_its_faults_are_named_by_its_own_fields() -> None:
    with pytest.raises(InputError) as caught:
        commerce(UploadedFile("mask", "m.png", "image/png", png(1, 1)), duration=99, voice_text=" ")
    assert caught.value.faults.keys() == {"duration", "voice_text", "image"}
    with pytest.raises(InputError, match="no such preset"):
        of_preset("opera", {}, source=Source.API, context={})


def test_every_field_of_the_form_says_what_it_is() -> None:
    for name, field in Commerce.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.examples, name
    examples = {name: field.examples[0] for name, field in Commerce.model_fields.items() if field.examples}
    of_preset("commerce", examples, source=Source.FORM, context={}, files=[PHOTO])
    assert [upload.name for upload in COMMERCE.uploads] == ["image", "mask"]
