"""What the kinds take and refuse, by the vendor's reference: a wrong field is named before it is sent."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.generation.inputs import DATA, LINK, faults, job_input

# What the reference allows and what it does not; https://creativeai.run/api-docs.
BOUNDS: list[tuple[str, str, list[Any], list[Any]]] = [
    *(
        (name, "duration", [3, 15, "5", "5s", "5 S", 5.0], [2, 16, 5.5, "s", "five", True])
        for name in ("text-to-video", "image-to-video", "multi-shot", "video-batch")
    ),
    *(
        (name, "aspect_ratio", ["21:9", "16:9", "4:3", "1:1", "3:4", "9:16"], ["2:1", "16x9"])
        for name in ("text-to-video", "image-to-video", "multi-shot", "video-batch")
    ),
    ("text-to-video", "resolution", ["480p", "720p", "1080p"], ["4k", 720]),
    ("text-to-video", "model", ["auto", "kling-v3", "of-tomorrow-9"], [7]),
    ("text-to-video", "prompt", ["A kite"], ["", "  ", None, 7]),
    ("text-to-video", "failover", [True, False, "false", "on"], ["perhaps"]),
    ("text-to-video", "webhook_auto_retry", [True], ["perhaps"]),
    ("text-to-video", "character_references", [[LINK] * 3, f"{LINK}\n\n{LINK}"], [[LINK] * 4, ["a.png"], 7]),
    ("image", "character_references", [[LINK] * 3], [[LINK] * 4]),
    ("text-to-video", "character_reference_url", [LINK], ["http://example.com/a.png"]),
    ("text-to-video", "style_reference_url", [LINK], ["data:image/png;base64,AA=="]),
    ("text-to-video", "camera_angle", ["isometric", "low-angle", "bird-eye", "worm-eye"], []),
    ("image-to-video", "image_url", [LINK], ["http://example.com/a.png", "a.png", "https://", "", None]),
    ("multi-shot", "multi_shot_prompts", [["One."], "One.\nTwo."], [[], "", [""], [1]]),
    ("multi-shot", "ai_director_mode", [True, False], ["perhaps"]),
    (
        "video-batch",
        "prompts",
        [[{"prompt": "a"}] * 20, "a\nb", ["a"]],
        [[], [{"prompt": "a"}] * 21, [{}], 7],
    ),
    ("chart-to-video", "animation_style", ["ken_burns", "build_up", "reveal", "morph"], ["spin"]),
    ("chart-to-video", "duration", [8, 10, "8s"], [0, "long"]),
    ("image", "n", [1, 4, "2"], [0, 5, 1.5]),
    ("image", "size", ["1024x1024", "1536x1024", "1024x1536", "1792x1024", "512x512"], []),
    ("image", "quality", ["standard", "hd"], ["best"]),
    ("image", "background", ["auto", "transparent"], ["white"]),
    ("image", "model", ["dall-e-3", "gpt-image-1", "of-tomorrow-9"], []),
    ("image-edit", "outpaint_direction", ["all", "left"], []),
    ("upscale", "scale", [1, 4, "2"], [0, 5]),
    ("voice", "text", ["a", "a" * 5000], ["", "a" * 5001]),
    ("voice", "speed", [0.5, 2, "1.5"], [0.4, 2.1, "nan", float("inf")]),
    ("voice", "voice", ["alloy", "echo", "fable", "onyx", "nova", "shimmer", "of-tomorrow"], []),
    ("voice", "language", ["en", "zh", "ja", "ko", "es", "fr", "de", "pt", "ru", "ar", "it"], []),
    ("compose", "replace_audio", [True, False], ["perhaps"]),
    ("compose", "video_url", ["https://cdn.creativeai.run/a.mp4"], ["a.mp4"]),
]


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "field", "fine", "wrong"), BOUNDS, ids=lambda value: str(value)[:24])
def test_the_documented_bounds_hold(name: str, field: str, fine: list[Any], wrong: list[Any]) -> None:
    for value in fine:
        assert faults(name, **{field: value}) == [], value
    for value in wrong:
        assert set(faults(name, **{field: value})) == {field}, value


MUST_BE_HTTPS = "Value error, must start with https://, since CreativeAI fetches it from the internet"


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (LINK, LINK),
        (f"  {LINK}\n", LINK),
        ("//cdn.example.com/a.jpg?v=1", "https://cdn.example.com/a.jpg?v=1"),
        (" //cdn.example.com/a.jpg", "https://cdn.example.com/a.jpg"),
        ("HTTPS://CDN.example.com/A.jpg", "https://CDN.example.com/A.jpg"),
        ("Https://cdn.example.com:443/a.jpg#x", "https://cdn.example.com:443/a.jpg#x"),
    ],
)
def test_an_address_of_a_picture_is_sent_as_the_https_address_that_it_means(address: str, sent: str) -> None:
    assert job_input("image-to-video", image_url=address).body()["image_url"] == sent


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        *((each, MUST_BE_HTTPS) for each in ("http://cdn.example.com/a.jpg", "HTTP://cdn.example.com/a.jpg")),
        *(
            (each, MUST_BE_HTTPS)
            for each in ("cdn.example.com/a.jpg", "/a.jpg", "a.jpg", "localhost:8000/a.jpg")
        ),
        *(
            (each, MUST_BE_HTTPS)
            for each in ("data:image/png;base64,AA==", "file:///pictures/a.jpg", "blob:https://x")
        ),
        *(
            (each, MUST_BE_HTTPS)
            for each in ("ftp://cdn.example.com/a.jpg", "https:cdn.example.com/a", "javascript:1")
        ),
        *((each, MUST_BE_HTTPS) for each in ("C:\\pictures\\a.jpg", "https//cdn.example.com/a.jpg")),
        ("https://cdn.example.com/my cat.jpg", "holds a space"),
        ("//cdn.example.com/my cat.jpg", "holds a space"),
        ("https:// cdn.example.com/a.jpg", "holds a space"),
        ("https://", "needs a host name"),
        ("//", "needs a host name"),
        ("https:///a.jpg", "needs a host name"),
        ("https://me:secret@cdn.example.com/a.jpg", "must not carry a user name or password"),
        ("https://cdn_.-.com/a.jpg", "has a host name that cannot be read"),
    ],
)
def test_an_address_that_cannot_be_fetched_is_refused_with_one_advice_that_is_taken_next(
    address: str, complaint: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        job_input("image-to-video", image_url=address)
    (error,) = caught.value.errors()
    assert error["loc"] == ("image_url",)
    assert complaint in error["msg"]
    assert "http://" not in error["msg"]


def test_a_field_that_nobody_knows_is_refused_by_name() -> None:
    assert faults("text-to-video", durration=5) == ["durration"]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"chart_image_url": None}, "or a picture of the chart"),
        ({"chart_data": DATA}, "leave one of the two empty"),
        ({"chart_image_url": None, "chart_data": "{"}, "must be JSON"),
        ({"chart_image_url": None, "chart_data": '{"of_tomorrow": 1e999}'}, "must be JSON"),
        ({"chart_image_url": None, "chart_data": '{"of_tomorrow": [NaN]}'}, "must be JSON"),
    ],
)
def test_a_chart_comes_as_a_picture_or_as_numbers(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint) as caught:
        job_input("chart-to-video", **fields)
    assert [each["loc"] for each in caught.value.errors()] == [("chart_data",)]


@pytest.mark.parametrize("data", [DATA, json.dumps(DATA), {**DATA, "colors": ["red"]}])
def test_a_charts_numbers_are_sent_as_given(data: Any) -> None:
    made = job_input("chart-to-video", chart_image_url=None, chart_data=data).body()
    assert made["chart_data"] == (json.loads(data) if isinstance(data, str) else data)
