"""Every kind of job, in the order in which pages show them."""

from relay.generation.kinds.audio import COMPOSE, VOICE
from relay.generation.kinds.base import Kind, PollSchedule, SubmitContext, Upload
from relay.generation.kinds.chart import CHART_TO_VIDEO
from relay.generation.kinds.estimate import Estimate, ask, estimate
from relay.generation.kinds.fields import JobInput
from relay.generation.kinds.image import IMAGE, IMAGE_EDIT
from relay.generation.kinds.image_tools import BACKGROUND_REMOVAL, RESTORE, UPSCALE
from relay.generation.kinds.video import IMAGE_TO_VIDEO, MULTI_SHOT, TEXT_TO_VIDEO, VIDEO_BATCH
from relay.models.output_kind import OutputKind

__all__ = [
    "Estimate",
    "JobInput",
    "Kind",
    "PollSchedule",
    "SubmitContext",
    "Upload",
    "ask",
    "estimate",
    "kind",
    "kinds",
    "output_kinds",
]

_KINDS = (
    TEXT_TO_VIDEO,
    IMAGE_TO_VIDEO,
    MULTI_SHOT,
    VIDEO_BATCH,
    CHART_TO_VIDEO,
    IMAGE,
    IMAGE_EDIT,
    BACKGROUND_REMOVAL,
    UPSCALE,
    RESTORE,
    VOICE,
    COMPOSE,
)


def kinds() -> tuple[Kind, ...]:
    return _KINDS


def kind(name: str) -> Kind:
    """Raises KeyError for a name that no kind has."""
    for each in _KINDS:
        if each.name == name:
            return each
    raise KeyError(name)


def output_kinds() -> dict[str, OutputKind]:
    """The kinds of results that they make, by name."""
    return {each.output.name: each.output for each in _KINDS}
