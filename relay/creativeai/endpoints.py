"""Every endpoint of the vendor's API, and which method of the client calls it.

https://creativeai.run/api-docs. `docs/endpoints.md` is made from this list, which a test compares with the
vendor's own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

Method = TypeVar("Method", bound=Callable[..., Any])

_GAP = re.compile(r"\{\w+\}|:\w+")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is spelled as in the vendor's reference: `{generation_id}` or `:id` is the gap for an id.

    effect  whether a call may start and charge something; if not, it can be repeated at will
    """

    method: str
    path: str
    effect: bool = True

    def path_for(self, identifier: str = "") -> str:
        return _GAP.sub(lambda _: quote(identifier, safe=""), self.path)


IMAGES = Endpoint("POST", "/v1/images/generations")
IMAGE_EDITS = Endpoint("POST", "/v1/images/edits")
VIDEOS = Endpoint("POST", "/v1/video/generations")
VIDEOS_ALIAS = Endpoint("POST", "/v1/video/generate")
VIDEO_STATUS = Endpoint("GET", "/v1/video/generations/{generation_id}", effect=False)
BATCHES = Endpoint("POST", "/v1/video/generations/batch")
BATCH_STATUS = Endpoint("GET", "/v1/video/generations/batch/{batch_id}", effect=False)
VOICE = Endpoint("POST", "/api/generate/voice")
COMPOSE = Endpoint("POST", "/api/generate/compose")
CHART_TO_VIDEO = Endpoint("POST", "/api/generate/chart-to-video")
BACKGROUND_REMOVAL = Endpoint("POST", "/api/generate/background-removal")
UPSCALE = Endpoint("POST", "/api/generate/upscale")
RESTORE = Endpoint("POST", "/api/generate/restore")
STATUS = Endpoint("GET", "/api/generate/status/{generation_id}", effect=False)
NATIVE_IMAGE = Endpoint("POST", "/api/v1/model/generateImage")
NATIVE_VIDEO = Endpoint("POST", "/api/v1/model/generateVideo")
NATIVE_STATUS = Endpoint("GET", "/api/v1/model/prediction/:id", effect=False)
CALCULATE = Endpoint("POST", "/api/v1/model/calculate", effect=False)
MODELS = Endpoint("GET", "/v1/models", effect=False)
CHAT = Endpoint("POST", "/v1/chat/completions")
COMPLETIONS = Endpoint("POST", "/v1/completions")

_called_by: dict[Endpoint, str] = {}


def calls(endpoint: Endpoint) -> Callable[[Method], Method]:
    """Marks the one method that calls this endpoint."""

    def mark(method: Method) -> Method:
        other = _called_by.setdefault(endpoint, method.__qualname__)
        if other != method.__qualname__:
            raise ValueError(f"{endpoint.path} is called by {other} already.")
        return method

    return mark


def called_by() -> Mapping[Endpoint, str]:
    """Endpoint -> `Class.method`, complete once `relay.creativeai` is imported."""
    return dict(_called_by)
