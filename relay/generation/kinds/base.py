"""What the relay has to know of each kind of job besides its fields: how it is sent, followed and priced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from relay.creativeai import Batch, CreativeAI, Endpoint, File, Generation
from relay.generation.kinds.fields import JobInput
from relay.models.job import RateBucket

Group = Literal["Video", "Image", "Voice", "Combine"]
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """How often a job is looked at while no webhook came. All in seconds.

    first  before the first look
    steps  (until this age, each so many seconds); after a day nobody looks any more
    """

    first: float
    steps: tuple[tuple[float, float], ...]

    def wait(self, age: float) -> float | None:
        """Seconds to the next look at a job that was submitted `age` seconds ago; None: no more."""
        if age < self.first:
            return self.first - age
        return next((each for until, each in self.steps if age < until), None)


# https://creativeai.run/api-docs, Video Polling Best Practices. It stops at ten minutes, results do not.
VIDEO_POLLS = PollSchedule(10, ((120, 10), (600, 30), (_DAY, 600)))
# The same page, Voice Generation: every 3 s.
SHORT_POLLS = PollSchedule(3, ((600, 3), (_DAY, 600)))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes with a wish. `types` are MIME types, `most` is our own limit in bytes."""

    name: str
    title: str
    description: str
    required: bool
    types: tuple[str, ...]
    max_bytes: int = 20 * 1_048_576


@dataclass(frozen=True, slots=True)
class SubmitContext:
    """What goes with a wish besides its fields.

    reference    the job's name for itself; a result without an id of the vendor's goes by it
    webhook_url  where the vendor is to tell of the outcome; "" for none
    now          in ms
    """

    reference: str
    now: int
    webhook_url: str = ""
    files: Mapping[str, File] = field(default_factory=dict)


Send = Callable[[CreativeAI, Any, SubmitContext], Generation | Batch]
Poll = Callable[[CreativeAI, str, int], Generation | Batch]
Faults = Callable[[Mapping[str, File]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    name      as in addresses: image-to-video
    sentence  one line for the person who chooses
    makes     the kind of its results: video, image, voice, compose or chart
    endpoint  where it is sent; `relay.creativeai.called_by` says which method sends it
    typical   credits that such a wish usually costs, by the vendor's own samples, which disagree
    priced_as `type` in the question for a price; "": it is not asked, since the answer is for one generation
    seconds   how long it usually takes, at least and at most
    look      how it is looked at; None: its answer is the result, and a lost one cannot be looked up
    webhook   whether the endpoint takes `webhook_url`
    lane      which of the vendor's limits it counts against
    children  how many generations one such wish makes
    together  upload's name -> what is wrong with it, once each file alone is fine
    """

    name: str
    group: Group
    title: str
    summary: str
    output_kind: str
    input: type[JobInput]
    endpoint: Endpoint
    typical: Callable[[Any], float]
    priced_as: str
    seconds: tuple[int, int]
    start: Send
    poll: Poll | None = None
    poll_schedule: PollSchedule | None = None
    webhook: bool = True
    uploads: tuple[Upload, ...] = ()
    rate_bucket: RateBucket = RateBucket.OTHER
    expected_results: Callable[[Any], int] = lambda _: 1
    together: Faults = lambda _: {}

    @property
    def mode(self) -> Literal["sync", "async"]:
        """Whether the result is in the submit's answer, or a job is followed."""
        return "async" if self.poll else "sync"

    def faults(self, files: Mapping[str, File]) -> dict[str, str]:
        """Upload's name -> a sentence for the person who chose it; empty: the files are fine."""
        return _faults(self.uploads, files) or dict(self.together(files))

    def send(
        self, client: CreativeAI, job_input: JobInput, submit_context: SubmitContext
    ) -> Generation | Batch:
        """Submit it. Raises RemoteError; `ambiguous`: it may have been started all the same."""
        body = job_input.body()
        if self.webhook and submit_context.webhook_url:
            body["webhook_url"] = submit_context.webhook_url
        return self.start(client, body, submit_context)


def _faults(uploads: tuple[Upload, ...], files: Mapping[str, File]) -> dict[str, str]:
    """What can be said of each file alone: missing, unasked for, too large, of another type."""
    known = {upload.name: upload for upload in uploads}
    found = {name: "This type of job does not accept this file." for name in files if name not in known}
    for name, upload in known.items():
        file = files.get(name)
        if file is None or not file.content:
            if upload.required or file is not None:
                found[name] = f"{upload.title}: choose a file."
        elif len(file.content) > upload.max_bytes:
            found[name] = f"{upload.title}: the file is larger than {upload.max_bytes // 1_048_576} MB."
        elif file.type not in upload.types:
            names = " or ".join(each.rpartition("/")[2].upper() for each in upload.types)
            found[name] = f"{upload.title}: the file must be {names}."
    return found
