"""The archive's part of the settings: where copies of finished files are kept."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator


class ArchiveSettings(BaseModel):
    """Which storage, and its options; `archive` is the first field, since the others are validated by it."""

    archive: Literal["local", "s3", "off"] = Field(
        "local",
        description="Where finished files are copied: local (a folder), s3 (a bucket) or off. Unset: s3 if "
        "ARCHIVE_S3_BUCKET is set, off where the host wipes the folder's disk.",
    )
    archive_dir: Path | None = Field(None, description="Folder of the copies. Unset: archive in DATA_DIR.")
    archive_max_gb: float | None = Field(
        None,
        gt=0,
        description="How many gigabytes the copies in the folder may take. Unset: as much as leaves 1 GB "
        "of the disk free, or a tenth of a small disk.",
    )
    archive_s3_bucket: str = Field(
        "",
        validate_default=True,
        description="Name of the bucket. Required with ARCHIVE=s3, which it implies.",
    )
    archive_s3_endpoint: str = Field(
        "", description="Address of the service, if it is not Amazon's (R2, B2, MinIO ...)."
    )
    archive_s3_region: str = Field("", description="Region of the bucket. Unset: us-east-1.")
    archive_s3_access_key_id: str = Field(
        "", description="ID of a key that may write there. Unset: found as AWS's own tools find it."
    )
    archive_s3_secret_access_key: SecretStr | None = Field(None, description="The secret of that key.")
    archive_s3_prefix: str = Field("", description="Prefix of each copy's name in the bucket.")
    archive_s3_public_url: str = Field(
        "",
        description="Address at which anyone can read the bucket. Unset: signed links, which expire after "
        "7 days.",
    )

    @field_validator("archive", mode="before")
    @classmethod
    def _archive_is_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("archive")
    @classmethod
    def _s3_has_its_package(cls, value: str) -> str:
        if value == "s3" and find_spec("boto3") is None:
            raise ValueError("s3 needs the package boto3: python -m pip install boto3")
        return value

    @field_validator("archive_s3_bucket")
    @classmethod
    def _s3_has_a_bucket(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("archive") == "s3" and not value:
            raise ValueError("is needed with ARCHIVE=s3")
        return value

    @field_validator("archive_s3_endpoint", "archive_s3_public_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme in ("http", "https") and parts.hostname and not parts.query):
            raise ValueError("must look like https://files.example.com")
        return value.rstrip("/")
