"""What the relay has to know of each kind of job besides its fields: how it is sent, polled and priced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from relay.creativeai import Batch, CreativeAI, Endpoint, File, Generation
from relay.generation.kinds.fields import JobInput
from relay.models.job import RateBucket
from relay.models.output_kind import OutputKind

Group = Literal["Video", "Image", "Voice", "Combine"]
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """How often a job is polled while no webhook came. All in seconds.

    first  before the first poll
    steps  (until this age, each so many seconds); after a day it is polled no more
    """

    first: float
    steps: tuple[tuple[float, float], ...]

    @property
    def end(self) -> float:
        """The age after which a job is polled no more."""
        return self.steps[-1][0]

    def wait(self, age: float) -> float | None:
        """Seconds to the next poll of a job that was submitted `age` seconds ago; None: no more."""
        if age < self.first:
            return self.first - age
        return next((each for until, each in self.steps if age < until), None)


# https://creativeai.run/api-docs, Video Polling Best Practices. It stops at ten minutes, results do not.
VIDEO_POLLS = PollSchedule(10, ((120, 10), (600, 30), (_DAY, 600)))
# The same page, Voice Generation: every 3 s.
SHORT_POLLS = PollSchedule(3, ((600, 3), (_DAY, 600)))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes with an input. `types` are MIME types, `max_bytes` is our own limit."""

    name: str
    title: str
    description: str
    required: bool
    types: tuple[str, ...]
    max_bytes: int = 20 * 1_048_576


@dataclass(frozen=True, slots=True)
class SubmitContext:
    """What goes with an input besides its fields.

    reference    the job's ID; also the ID of a result that the vendor gives none
    webhook_url  where the vendor is to report the outcome; "" for none
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
    summary   one line for the person who chooses
    output    the kind of its results
    id_prefixes  how the vendor's ids of it begin, as far as its documentation shows; ids are opaque, so
              another beginning is no mistake
    featured  its place among those that the first page offers; 0: it is not there
    endpoint  where it is sent; `relay.creativeai.called_by` says which method sends it
    typical   credits that such an input usually costs, by the vendor's own samples, which disagree
    priced_as `type` in the price request; "": no request, since prices are for one generation
    seconds   how long it usually takes, at least and at most
    start     how it is sent
    poll      how it is polled, by `poll_schedule`; None: its response is the result, and a lost one is lost
    webhook   whether the endpoint takes `webhook_url`
    rate_bucket       which of the vendor's limits it counts against
    expected_results  how many generations one such input makes
    together  upload's name -> what is wrong with it, once each file alone is fine
    """

    name: str
    group: Group
    title: str
    summary: str
    output: OutputKind
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
    id_prefixes: tuple[str, ...] = ()
    featured: int = 0

    @property
    def output_kind(self) -> str:
        return self.output.name

    @property
    def mode(self) -> Literal["sync", "async"]:
        """Whether the result is in the submit's response, or the job is polled."""
        return "async" if self.poll else "sync"

    def faults(self, files: Mapping[str, File]) -> dict[str, str]:
        """Upload's name -> a message for the user; empty: the files are valid."""
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
    """Faults of each file: missing, unexpected, too large, of another type."""
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
