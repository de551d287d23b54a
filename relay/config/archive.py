"""The archive's part of the settings: where copies of finished files are kept."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, ValidationInfo, field_validator


class ArchiveSettings(BaseModel):
    """Which shelf, and its options; `archive` stands first, since the others are judged by it."""

    archive: Literal["local", "s3", "off"] = Field(
        "local", description="Where finished files are copied to: local (a folder), s3 (a bucket) or off."
    )
    archive_dir: Path | None = Field(
        None, description="Folder of the copies; `archive` in DATA_DIR when unset."
    )
    archive_max_gb: float | None = Field(
        None, gt=0, description="How much the copies in the folder may take; unset: what leaves room."
    )
    archive_s3_bucket: str = Field("", validate_default=True, description="Name of the bucket.")
    archive_s3_endpoint: str = Field(
        "", description="Address of the service when it is not Amazon's (R2, B2, MinIO ...)."
    )
    archive_s3_region: str = Field("", description="Region of the bucket; us-east-1 when unset.")
    archive_s3_access_key_id: str = Field("", description="Id of the key that may write there.")
    archive_s3_secret_access_key: SecretStr | None = Field(None, description="Secret of that key.")
    archive_s3_prefix: str = Field("", description="Put before each copy's name in the bucket.")
    archive_s3_public_url: str = Field(
        "", description="Address where everyone can read the bucket; without it links end after 7 days."
    )

    @field_validator("archive", mode="before")
    @classmethod
    def _archive_is_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("archive")
    @classmethod
    def _s3_has_its_package(cls, value: str) -> str:
        if value == "s3" and find_spec("boto3") is None:
            raise ValueError(
                "s3 needs the package boto3: python -m pip install boto3 "
                "(on a host, add it to requirements.txt)"
            )
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
