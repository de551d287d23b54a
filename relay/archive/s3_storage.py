"""A bucket as storage: Amazon S3 and compatible services (R2, B2, MinIO, ...), by boto3.

boto3 is an extra and is imported on first use. It makes its own calls, to the one endpoint of the settings.
"""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from relay.archive.storage import GivenUpError
from relay.errors import FileError, RemoteError

PRESIGNED_SECONDS = 7 * 24 * 3600  # the longest that AWS signs for
_REGION = "us-east-1"  # what compatible services take for "any"
_FINAL = {
    "NoSuchBucket": "The bucket does not exist. Check ARCHIVE_S3_BUCKET and ARCHIVE_S3_ENDPOINT",
    "AccessDenied": "The key may not write there. Allow it PutObject on the bucket",
    "InvalidAccessKeyId": "The key is not known there. Check ARCHIVE_S3_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "The secret does not fit the key. Check ARCHIVE_S3_SECRET_ACCESS_KEY",
    "AuthorizationHeaderMalformed": "The bucket is in another region. Check ARCHIVE_S3_REGION",
    "PermanentRedirect": "The bucket is in another region. Check ARCHIVE_S3_REGION",
}


class S3Storage:
    """`public_url` is where everyone can read the bucket; without it links are signed and expire."""

    name = "s3"

    def __init__(
        self,
        *,
        bucket: str,
        endpoint: str = "",
        region: str = "",
        access_key_id: str = "",
        secret_access_key: str = "",
        prefix: str = "",
        public_url: str = "",
    ) -> None:
        self._bucket = bucket
        self._endpoint = endpoint
        self._region = region or _REGION
        self._credentials = (access_key_id or None, secret_access_key or None)
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._public_url = public_url.rstrip("/")
        self._lock = threading.Lock()
        self._cached_client: Any = None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        with tempfile.TemporaryFile() as file:
            yield file

    def free_bytes(self, used: int) -> None:  # noqa: ARG002 - a bucket has no end
        return None

    def put(self, key: str, draft: BinaryIO, media_type: str, size: int) -> None:
        where = {"Bucket": self._bucket, "Key": self._prefix + key}
        with self._translate_errors():
            if self._has(where, size):
                return
            draft.seek(0)
            self._client().put_object(
                **where, Body=draft, ContentLength=size, ContentType=media_type, ContentDisposition="inline"
            )

    def link(self, key: str, now: int) -> tuple[str, int | None]:
        """Its address, and when it expires in ms; None: never."""
        if self._public_url:
            return f"{self._public_url}/{self._prefix}{key}", None
        where = {"Bucket": self._bucket, "Key": self._prefix + key}
        url = self._client().generate_presigned_url("get_object", Params=where, ExpiresIn=PRESIGNED_SECONDS)
        return url, now + PRESIGNED_SECONDS * 1000

    @contextmanager
    def read(self, key: str) -> Iterator[BinaryIO]:
        with tempfile.TemporaryFile() as file:
            self._read_into(file, key)
            file.seek(0)
            yield file

    def sweep(self, now: int) -> None:
        """Its drafts have no names: they go with the process."""

    def _read_into(self, file: BinaryIO, key: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._client().get_object(Bucket=self._bucket, Key=self._prefix + key)
            shutil.copyfileobj(found["Body"], file)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ("NoSuchKey", "404"):
                raise FileError(
                    f"The archived copy is not in the bucket {self._bucket} any more.",
                    "record",
                    advice="Put it back, then resend the delivery.",
                ) from error
            raise FileError(
                f"The bucket {self._bucket} answered {code} when the archived copy was read."
            ) from error
        except (BotoCoreError, OSError) as error:
            raise FileError(
                f"The archived copy was not read from the bucket {self._bucket} ({type(error).__name__})."
            ) from error

    def _has(self, where: dict[str, str], size: int) -> bool:
        """An interrupted attempt may have put it there. A key without permission to check is no error."""
        from botocore.exceptions import ClientError

        try:
            return bool(self._client().head_object(**where)["ContentLength"] == size)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
                return False
            raise

    def _client(self) -> Any:
        with self._lock:
            if self._cached_client is None:
                self._cached_client = self._make()
        return self._cached_client

    def _make(self) -> Any:
        from boto3.session import Session
        from botocore.config import Config

        config = Config(
            request_checksum_calculation="when_required",  # the newer default breaks compatible services
            response_checksum_validation="when_required",
            retries={"max_attempts": 3, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
            signature_version="s3v4",
            s3={"addressing_style": "path" if self._endpoint else "auto"},
        )
        key_id, secret = self._credentials
        return Session(
            aws_access_key_id=key_id, aws_secret_access_key=secret, region_name=self._region
        ).client("s3", endpoint_url=self._endpoint or None, config=config)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            NoCredentialsError,
            PartialCredentialsError,
        )

        try:
            yield
        except ClientError as error:
            raise self._error_of(error.response) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise GivenUpError(
                f"The bucket {self._bucket} needs a key. Set ARCHIVE_S3_ACCESS_KEY_ID and "
                "ARCHIVE_S3_SECRET_ACCESS_KEY, then run: relay archive retry."
            ) from error
        except BotoCoreError as error:
            raise RemoteError(
                f"The bucket {self._bucket} was not reached ({type(error).__name__}). If this lasts, "
                "check ARCHIVE_S3_ENDPOINT."
            ) from error

    def _error_of(self, response: Any) -> Exception:
        error, status = response.get("Error", {}), response["ResponseMetadata"]["HTTPStatusCode"]
        code, words = str(error.get("Code", "")), str(error.get("Message", "")).strip().rstrip(".")
        summary = f"The bucket {self._bucket} answered {status} {code}: {words}."
        if code in _FINAL:
            return GivenUpError(f"{summary} {_FINAL[code]}, then run: relay archive retry.")
        return RemoteError(summary, status=status)
