"""What every connector promises, whatever it talks to: one list of tests, one `Case` per connector.

A test module says `class TestContract(Contract): case = Case(...)`; also `KeyContract` where the service has
a place for a key, and `StandingContract` where a later result changes what an earlier one wrote.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import pytest
import requests
from pydantic import SecretStr, ValidationError
from responses import RequestsMock

import connectors
from connectors.base import CheckResult, Connector, Done, Files, Memory, NotYet
from relay.errors import FileError, RemoteError, Whose
from relay.http.client import Http
from relay.models.core import Output, Result, ResultStatus
from relay.models.job_facts import JobFacts
from relay.validation import secret_fields
from tests.connectors.files import GivenFiles, NoFiles

NOW = 1_795_000_000_000
KEY = "3f2a9c0d5e6b7a8190a1b2c3d4e5f607"
MOST_ROUNDS = 100  # of a delivery that has to wait for the other side
CONTEXT = {"sku": "MUG-1", "title": "Mug & saucer", "row": 7}

VIDEO = Result(
    generation_id="vgen_abc123",
    status=ResultStatus.COMPLETED,
    kind="video",
    outputs=(Output("https://cdn.example.com/vgen_abc123.mp4", "video/mp4", 1_128_375),),
    prompt="A clay mug turns on a table",
    model="auto",
    model_actual="kling-v3",
    credits=30.0,
    completed_at="2026-11-18T10:26:39Z",
)
FAILED = replace(
    VIDEO,
    status=ResultStatus.FAILED,
    outputs=(),
    error="The provider <kling> refused the prompt & refunded it",
    error_code="moderation_blocked",
    credits_refunded=30.0,
)
PROCESSING = replace(VIDEO, status=ResultStatus.PROCESSING, outputs=(), credits=None, completed_at="")
FOUR_IMAGES = replace(
    VIDEO,
    generation_id="igen_4",
    kind="image",
    outputs=tuple(Output(f"https://cdn.example.com/igen_4_{n}.png", "image/png") for n in range(1, 5)),
)
WORDS, MODEL, CREDITS = "A kite over the dunes", "model-of-the-job", 7.5
KINDS = ("video", "image", "voice", "compose", "chart")
HOSTILE = (
    '=IMPORTXML("https://evil.example") <!channel> <@U123> @everyone "><script>alert(1)</script> '
    "\u202egnitirw\u202c zero\u200bwidth &amp; *bold* `code` \U0001f3fa\n"
)


def known_by_its_job(kind: str) -> Result:
    """However a result is learned, this is what its connector gets of the poorest report."""
    endings = {"image": "png", "voice": "mp3"}
    poorest = replace(
        Result(f"gen_{kind}", ResultStatus.COMPLETED, kind),
        outputs=(Output(f"https://cdn.example.com/gen_{kind}.{endings.get(kind, 'mp4')}"),),
    )
    return JobFacts(WORDS, MODEL, CREDITS, is_ours=True).complete(poorest, NOW)


@dataclass(frozen=True)
class Refusal:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """How one connector's other side looks.

    accepts    prepares the wire so that deliveries succeed, any number of them
    refuses    prepares the wire so that the call which delivers is refused, or breaks with that exception
    shown      all that the calls of one delivery bring, as its readers will see it
    keys       the key as each call carries it; None where the service has no place for one
    longest    how many characters of a prompt arrive; None for all of them
    known_by_job  what it shows of a result of which its job alone knows more than the file
    sends_bytes  whether the service gets a video itself instead of its link
    standing   the status that each thing shows which the calls left standing, `accepts` before them; None
               where nothing can be changed once it is there
    """

    kind: str
    options: Mapping[str, str]
    secrets: tuple[str, ...]
    accepts: Callable[[RequestsMock], None]
    refuses: Callable[[RequestsMock, Refusal | Exception], None]
    shown: Callable[[RequestsMock], str]
    keys: Callable[[RequestsMock], list[str]] | None
    refusals: Mapping[Whose, tuple[Refusal, ...]]
    longest: int | None = None
    sends_bytes: bool = False
    known_by_job: tuple[str, ...] = (WORDS,)
    standing: Callable[[RequestsMock], list[str]] | None = None


class Kept(Memory):
    """A memory that keeps, like the store, only what was saved, and only as JSON."""

    def __init__(self, saved: str = "{}", saved_batch: str = "{}", saved_connection: str = "{}") -> None:
        super().__init__(json.loads(saved), json.loads(saved_batch), json.loads(saved_connection))
        self.saved, self.saved_batch, self.saved_connection = saved, saved_batch, saved_connection

    def save(self) -> None:
        self.saved, self.saved_batch = json.dumps(dict(self)), json.dumps(dict(self.batch))
        self.saved_connection = json.dumps(dict(self.connection))

    def after_crash(self) -> "Kept":
        return Kept(self.saved, self.saved_batch, self.saved_connection)

    def of_the_next_in_the_batch(self) -> "Kept":
        """What the next generation of the same batch starts with."""
        return Kept("{}", self.saved_batch, self.saved_connection)

    def of_the_next(self) -> "Kept":
        """What the connection's next generation starts with."""
        return Kept(saved_connection=self.saved_connection)


def asked(call: Callable[[], CheckResult]) -> CheckResult:
    """A check, a test or its removal as a person sees it end: see relay/connections/probe.py."""
    try:
        return call()
    except RemoteError as error:
        return CheckResult(False, error.message)


class Contract:
    """The list. `make` and `deliver` are all that the tests of one connector need besides."""

    case: ClassVar[Case]

    def make(self) -> Connector:
        kind = connectors.connector(self.case.kind)
        return kind(kind.Options.model_validate(dict(self.case.options)), Http())

    def deliver(
        self, result: Result = VIDEO, memory: Memory | None = None, files: Files | None = None
    ) -> Done:
        """To its end: when the other side is still busy, it is asked again when the connector wants to."""
        connector, now, kept = self.make(), NOW, Kept() if memory is None else memory
        files = files or (GivenFiles() if self.case.sends_bytes else NoFiles())
        for _ in range(MOST_ROUNDS):
            ended = connector.deliver(result, CONTEXT, KEY, kept, files, now)
            if isinstance(ended, Done):
                return ended
            assert isinstance(ended, NotYet)
            assert ended.after > 0
            now += round(ended.after * 1000)
        raise AssertionError(f"still not done after {MOST_ROUNDS} rounds: {ended}")

    def failure(self, answer: Refusal | Exception, memory: Memory | None = None) -> RemoteError:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.refuses(net, answer)
            with pytest.raises(RemoteError) as caught:
                self.deliver(memory=memory)
        return caught.value

    def shown(self, result: Result) -> str:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            self.deliver(result)
            return self.case.shown(net)

    def test_describes_itself(self) -> None:
        kind = connectors.connector(self.case.kind)
        assert kind.kind == self.case.kind
        assert self.make().pace.concurrency >= 1
        for name, option in kind.Options.model_fields.items():
            assert option.title, name
            assert option.description, name
            assert option.examples, name

    def test_each_secret_is_encrypted_and_hidden_as_one(self) -> None:
        model = connectors.connector(self.case.kind).Options
        options = model.model_validate(dict(self.case.options))
        secrets = {name for name in model.model_fields if isinstance(getattr(options, name), SecretStr)}
        assert secrets <= set(secret_fields(model))

    def test_the_target_is_the_same_for_the_same_options_and_holds_no_secret(self) -> None:
        one, other = self.make(), self.make()
        assert (one.target, one.quota) == (other.target, other.quota)
        assert one.target.startswith(f"{self.case.kind}:")
        assert one.quota
        assert not any(secret in one.target + one.quota for secret in self.case.secrets)

    @pytest.mark.parametrize(
        "result",
        [
            *(VIDEO, FAILED, FOUR_IMAGES, replace(VIDEO, outputs=()), PROCESSING),
            replace(VIDEO, kind="hologram", outputs=(Output("https://cdn.example.com/h.xyz"),)),
            Result("x", ResultStatus.FAILED),
        ],
        ids=["video", "failed", "four images", "no outputs", "processing", "unknown kind", "nothing known"],
    )
    def test_brings_what_is_known(self, result: Result) -> None:
        shown = self.shown(result)
        wanted = [result.generation_id, result.prompt, result.error, *(each.url for each in result.outputs)]
        for part in wanted:
            assert part in shown

    @pytest.mark.parametrize("kind", KINDS)
    def test_brings_what_its_job_knows_of_a_result(self, kind: str) -> None:
        shown = self.shown(known_by_its_job(kind))
        for part in self.case.known_by_job:
            assert part in shown

    def test_a_hostile_prompt_arrives_unharmed(self) -> None:
        prompt = (HOSTILE * 40)[:5000]
        longest = self.case.longest
        wanted = prompt if longest is None else prompt[: longest - 1]
        assert wanted in self.shown(replace(VIDEO, prompt=prompt))

    def test_half_a_surrogate_pair_does_no_harm(self) -> None:
        odd = Output("https://cdn.example.com/\ud83c.png")
        assert "broken" in self.shown(replace(VIDEO, prompt="broken \ud83c", outputs=(odd,)))

    def test_a_link_that_cannot_be_read_does_no_harm(self) -> None:
        odd = tuple(
            Output(url) for url in ("http://[::1", "", "javascript:alert(1)", "https://x.example/a b|c>")
        )
        assert VIDEO.prompt in self.shown(replace(VIDEO, outputs=odd))

    def test_bytes_come_from_files_and_no_link_of_a_result_is_fetched(self) -> None:
        files = GivenFiles()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            self.deliver(files=files)
            called = [str(call.request.url) for call in net.calls]
        assert files.opened == ([VIDEO.outputs[0].url] if self.case.sends_bytes else [])
        assert files.open_now == 0
        assert [url for url in called if url.startswith("https://cdn.example.com/")] == []

    @pytest.mark.parametrize("whose", ["transient", "record"])
    def test_bytes_that_cannot_be_had_are_the_file_s_fault_and_said_as_handed_in(
        self, whose: Literal["transient", "record"]
    ) -> None:
        gone = FileError("CreativeAI's link answered 503.", whose, retry_after=7)
        files = GivenFiles({VIDEO.outputs[0].url: gone})
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            if self.case.sends_bytes:
                with pytest.raises(FileError) as caught:
                    self.deliver(files=files)
                assert caught.value is gone
            else:
                self.deliver(files=files)

    @pytest.mark.parametrize("whose", ["transient", "record", "connection"])
    def test_a_refusal_says_whose_fault_it_is(self, whose: Whose) -> None:
        for refusal in self.case.refusals[whose]:
            error = self.failure(refusal)
            assert (error.whose, error.status) == (whose, refusal.status), refusal
            assert error.message.endswith("."), refusal
            assert error.answer == refusal.body, refusal

    def test_throttling_hands_on_how_long_to_wait(self) -> None:
        error = self.failure(Refusal(429, "slow down", {"Retry-After": "17"}))
        assert (error.whose, error.ambiguous, error.retry_after) == ("transient", False, 17)
        strange = self.failure(Refusal(429, "slow down", {"Retry-After": "\u0663"}))
        assert strange.retry_after is None or strange.retry_after > 0

    @pytest.mark.parametrize(
        "broken",
        [requests.ReadTimeout("timed out"), requests.ConnectionError("reset"), Refusal(503), Refusal(500)],
        ids=["time-out", "reset", "503", "500"],
    )
    def test_a_lost_answer_is_ambiguous(self, broken: Refusal | Exception) -> None:
        error = self.failure(broken)
        assert (error.whose, error.ambiguous) == ("transient", True)

    def test_a_call_that_was_never_sent_is_not(self) -> None:
        error = self.failure(requests.ConnectTimeout("no connection"))
        assert (error.whose, error.ambiguous) == ("transient", False)

    def test_a_redirect_is_not_followed(self) -> None:
        for status in (301, 302, 303, 307, 308):
            error = self.failure(Refusal(status, "", {"Location": "https://elsewhere.example/"}))
            assert error.whose == "connection"

    def test_secrets_stay_inside(self) -> None:
        echo = " ".join(self.case.secrets)
        connector = self.make()
        kind = connectors.connector(self.case.kind)
        options = kind.Options.model_validate(dict(self.case.options))
        said = [repr(connector), str(connector), repr(options), options.model_dump_json()]
        for status in (200, 302, 400, 403, 404, 418, 429, 500):
            with RequestsMock(assert_all_requests_are_fired=False) as net:
                self.case.refuses(net, Refusal(status, echo))
                try:
                    said.append(repr(self.deliver()))
                except RemoteError as error:
                    said += [error.message, error.answer, repr(error)]
        for secret in self.case.secrets:
            assert not [each for each in said if secret in each]

    def test_check_and_test_answer_in_words_whatever_comes_back(self) -> None:
        for refusal in (Refusal(404), Refusal(500), Refusal(302), requests.ConnectionError("reset")):
            with RequestsMock(assert_all_requests_are_fired=False) as net:
                self.case.refuses(net, refusal)
                for found in (asked(self.make().check), asked(lambda: self.make().test(KEY, NOW))):
                    assert not found.ok
                    assert found.message.endswith(".")

    def test_a_test_is_marked_as_one(self) -> None:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            found = self.make().test(KEY, NOW)
            assert found.ok
            assert "test" in self.case.shown(net).lower()

    def test_what_a_test_wrote_can_be_removed_or_it_says_that_it_cannot(self) -> None:
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            written = self.make().test(KEY, NOW).written
            removed = self.make().remove_test(json.loads(json.dumps(dict(written))))
        assert removed.ok is bool(written)
        assert removed.message.endswith(".")
        for broken in (Refusal(500), requests.ConnectionError("reset")):
            with RequestsMock(assert_all_requests_are_fired=False) as net:
                self.case.refuses(net, broken)
                found = asked(lambda: self.make().remove_test(written))
            assert not found.ok
            assert found.message.endswith(".")


class KeyContract(Contract):
    """Besides, where the service has a place for a key."""

    def test_each_attempt_carries_the_same_key(self) -> None:
        assert self.case.keys is not None
        memory = Kept()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.refuses(net, Refusal(503))
            with pytest.raises(RemoteError):
                self.deliver(memory=memory)
            keys = self.case.keys(net)
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            self.deliver(memory=memory.after_crash())
            keys += self.case.keys(net)
        assert len(keys) >= 2
        assert set(keys) == {KEY}


class StandingContract(Contract):
    """Besides, where what an earlier result wrote is changed by a later one."""

    def test_processing_then_failed_then_completed_leaves_one_thing_that_says_completed(self) -> None:
        assert self.case.standing is not None
        memory = Kept()
        with RequestsMock(assert_all_requests_are_fired=False) as net:
            self.case.accepts(net)
            for result in (PROCESSING, FAILED, VIDEO):
                self.deliver(result, memory)
                memory = memory.after_crash()
            assert self.case.standing(net) == ["completed"]


def field_errors(kind: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Field name -> sentence, as the settings page would show them."""
    try:
        connectors.connector(kind).Options.model_validate(dict(given))
    except ValidationError as error:
        return {str(each["loc"][0]): each["msg"] for each in error.errors(include_input=False)}
    return {}
