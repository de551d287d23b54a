"""A body that each JSON endpoint of the vendor takes."""

from typing import Any

PICTURE = "https://example.com/source.png"
PROMPT = {"prompt": "A red kite over a bay"}

REQUESTS: dict[str, dict[str, Any]] = {
    "/v1/video/generations": PROMPT,
    "/v1/video/generate": PROMPT,
    "/api/v1/model/generateVideo": PROMPT,
    "/v1/video/generations/batch": {"prompts": [PROMPT, PROMPT, PROMPT]},
    "/v1/images/generations": PROMPT,
    "/api/v1/model/generateImage": PROMPT,
    "/api/generate/voice": {"text": "Your product video is ready."},
    "/api/generate/compose": {
        "video_url": "https://example.com/a.mp4",
        "audio_url": "https://example.com/a.mp3",
    },
    "/api/generate/chart-to-video": {"chart_image_url": PICTURE},
    "/api/generate/background-removal": {"image_url": PICTURE},
    "/api/generate/upscale": {"image_url": PICTURE, "scale": 2},
    "/api/generate/restore": {"image_url": PICTURE},
    "/v1/chat/completions": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]},
    "/v1/completions": {"model": "gpt-4o", "prompt": "Hello!"},
    "/api/v1/model/calculate": {"model": "auto"},
}

# What it costs.
CREDITS = {
    "/v1/video/generations": 60,
    "/v1/video/generate": 60,
    "/api/v1/model/generateVideo": 60,
    "/v1/video/generations/batch": 90,
    "/v1/images/generations": 3,
    "/api/v1/model/generateImage": 2,
    "/api/generate/voice": 8,
    "/api/generate/compose": 5,
    "/api/generate/chart-to-video": 15,
    "/api/generate/background-removal": 2,
    "/api/generate/upscale": 3,
    "/api/generate/restore": 3,
    "/v1/chat/completions": 2,
    "/v1/completions": 2,
    "/api/v1/model/calculate": 0,
}
