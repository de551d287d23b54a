"""The configuration of one sandbox."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.rate_limits import Limits

API_KEY = "rph_sandbox_key"
VIDEO_SECONDS = 150  # documented: 2 to 5 minutes
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - it protects nothing: the sandbox is on loopback


@dataclass(frozen=True, slots=True)
class Config:
    """The defaults are CreativeAI's: a demo raises the limits and the speed.

    keys            accepted API keys, each with its limits
    signing_secret  signs webhooks; empty: they are sent unsigned, as by CreativeAI without one
    credits         credits of the account at the start; shared by all keys
    render_seconds  time from a video's submit to its result; that of other kinds keeps its proportion
    speed           how many times faster than real the renders and the webhook retries go
    output_base     where result links point; empty: the server fills in its own /output
    blocked_words   a prompt with one of these is a content policy violation
    paced           whether the destinations respond 429 beyond their services' documented limits
    clock           seconds since 1970
    """

    keys: Mapping[str, Limits] = field(default_factory=lambda: {API_KEY: Limits()})
    signing_secret: str = SIGNING_SECRET
    credits: int = 100_000
    render_seconds: float = VIDEO_SECONDS
    speed: float = 1
    output_base: str = ""
    blocked_words: frozenset[str] = frozenset({"nsfw"})
    paced: bool = True
    clock: Callable[[], float] = time.time
