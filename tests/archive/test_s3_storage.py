"""A bucket as a shelf, against moto's S3 and, for what goes over the wire, a receiver on loopback."""

import io
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from relay.archive.s3_storage import S3Storage
from relay.archive.storage import GivenUpError
from relay.errors import FileError, RemoteError
from tests.files import samples as files
from tests.wire import Answer, Receiver, free_port

boto3 = pytest.importorskip("boto3")
moto = pytest.importorskip("moto")

KEY = "2026/02/vgen_1-1.mp4"
NOW = 1_800_000_000_000
KEYS = {"access_key_id": "AKIATEST", "secret_access_key": "a secret of the bucket"}
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def bucket() -> Iterator[str]:
    with moto.mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="media")
        yield "media"


def put(storage: S3Storage, content: bytes) -> None:
    with storage.open() as draft:
        draft.write(content)
        storage.put(KEY, draft, "video/mp4", len(content))


@pytest.mark.heavy
def test_a_copy_is_read_back_through_its_signed_link_with_type_and_range(bucket: str) -> None:
    storage = S3Storage(bucket=bucket, **KEYS)
    put(storage, files.MP4)
    url, ends_at = storage.link(KEY, NOW)
    assert ends_at == NOW + 7 * 24 * 3600 * 1000
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["604800"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    answer = requests.get(url, headers={"Range": "bytes=4-7"}, timeout=10)
    assert (answer.status_code, answer.content) == (206, b"ftyp")
    assert answer.headers["Content-Type"] == "video/mp4"
    assert "a secret of the bucket" not in url


@pytest.mark.heavy
def test_a_public_bucket_gives_plain_links_without_an_end(bucket: str) -> None:
    storage = S3Storage(bucket=bucket, prefix="/shop/", public_url="https://files.example.com/", **KEYS)
    put(storage, files.MP4)
    assert storage.link(KEY, NOW) == (f"https://files.example.com/shop/{KEY}", None)
    plain = S3Storage(bucket=bucket, prefix="shop", **KEYS)
    assert requests.get(plain.link(KEY, NOW)[0], timeout=10).content == files.MP4


@pytest.mark.heavy
def test_what_is_there_already_in_full_is_not_sent_again(bucket: str) -> None:
    storage = S3Storage(bucket=bucket, **KEYS)
    put(storage, files.MP4)
    storage.put(KEY, io.BytesIO(b"x" * len(files.MP4)), "video/mp4", len(files.MP4))
    assert requests.get(storage.link(KEY, NOW)[0], timeout=10).content == files.MP4
    put(storage, files.MP4 + b"more")
    assert requests.get(storage.link(KEY, NOW)[0], timeout=10).content == files.MP4 + b"more"


def test_a_copy_is_read_from_the_bucket_itself(bucket: str) -> None:
    storage = S3Storage(bucket=bucket, prefix="shop", public_url="http://10.0.0.9", **KEYS)
    put(storage, files.MP4)
    with storage.read(KEY) as file:
        assert file.read() == files.MP4
    with pytest.raises(FileError, match="not in the bucket media any more") as caught:
        storage.read("2026/02/other-1.mp4").__enter__()
    assert caught.value.whose == "record"


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (503, "SlowDown")])
def test_a_bucket_that_does_not_give_a_copy_may_give_it_later(status: int, code: str) -> None:
    body = f"<Error><Code>{code}</Code></Error>".encode()
    with Receiver(lambda _: Answer(status, body=body)) as other:
        storage = S3Storage(bucket="media", endpoint=f"http://{other.host}", **KEYS)
        with pytest.raises(FileError, match=f"answered {code}") as caught:
            storage.read(KEY).__enter__()
    assert caught.value.whose == "transient"


def test_no_checksum_is_sent_that_look_alikes_do_not_know() -> None:
    with Receiver(lambda call: Answer(404 if not call.body else 200, body=b"")) as other:
        put(S3Storage(bucket="media", endpoint=f"http://{other.host}", **KEYS), files.MP4)
        sent = other.calls[-1]
    assert sent.path == f"/media/{KEY}"
    assert sent.body == files.MP4
    assert not [name for name in sent.headers if "checksum" in name or name == "x-amz-trailer"]


def test_a_bucket_that_is_not_there_is_given_up_with_the_next_step(bucket: str) -> None:
    with pytest.raises(GivenUpError, match=r"NoSuchBucket.*Check ARCHIVE_S3_BUCKET.*relay archive retry\.$"):
        put(S3Storage(bucket="other-bucket", **KEYS), files.MP4)


def refusing(status: int, code: str) -> Receiver:
    body = f"<Error><Code>{code}</Code><Message>Their own words.</Message></Error>".encode()
    return Receiver(lambda call: Answer(status, body=body if call.body else b""))


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("status", "code", "step"),
    [
        (403, "AccessDenied", "PutObject"),
        (403, "InvalidAccessKeyId", "ARCHIVE_S3_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "ARCHIVE_S3_SECRET_ACCESS_KEY"),
    ],
)
def test_a_refusal_of_the_key_is_told_in_their_words_with_the_next_step(
    status: int, code: str, step: str
) -> None:
    with refusing(status, code) as other:
        storage = S3Storage(bucket="media", endpoint=f"http://{other.host}", **KEYS)
        with pytest.raises(GivenUpError, match=f"{code}: Their own words.*{step}") as caught:
            put(storage, files.MP4)
    assert KEYS["secret_access_key"] not in str(caught.value)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (400, "RequestTimeout"), (500, "InternalError")]
)
def test_a_busy_bucket_is_tried_again(status: int, code: str) -> None:
    with refusing(status, code) as other:
        storage = S3Storage(bucket="media", endpoint=f"http://{other.host}", **KEYS)
        with pytest.raises(RemoteError) as caught:
            put(storage, files.MP4)
    assert caught.value.whose == "transient"


def test_a_bucket_out_of_reach_is_tried_again() -> None:
    storage = S3Storage(bucket="media", endpoint=f"http://127.0.0.1:{free_port()}", **KEYS)
    with pytest.raises(RemoteError, match="was not reached") as caught:
        put(storage, files.MP4)
    assert caught.value.whose == "transient"


def test_without_a_key_the_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    with pytest.raises(GivenUpError, match="Set ARCHIVE_S3_ACCESS_KEY_ID"):
        put(S3Storage(bucket="media"), files.MP4)
