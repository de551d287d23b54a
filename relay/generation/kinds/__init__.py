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
    "find_kind",
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


def find_kind(name: str) -> Kind | None:
    """None: no kind has this name, which a newer version may have stored."""
    return next((each for each in _KINDS if each.name == name), None)


def kind(name: str) -> Kind:
    """Raises KeyError for a name that no kind has."""
    found = find_kind(name)
    if found is None:
        raise KeyError(name)
    return found


def output_kinds() -> dict[str, OutputKind]:
    """The kinds of results that they make, by name."""
    return {each.output.name: each.output for each in _KINDS}
