"""Makes the archive from the settings: its storage, its worker, its links and its status."""

from contextlib import AbstractContextManager
from functools import partial
from typing import BinaryIO

from relay.archive.links import Links, link_function
from relay.archive.local_storage import LocalStorage
from relay.archive.s3_storage import S3Storage
from relay.archive.storage import Storage
from relay.archive.worker import ArchiveWorker
from relay.config.settings import Settings
from relay.delivery.links import Link
from relay.delivery.output_files import FilesOf, OutputFiles
from relay.errors import FileError
from relay.files.source import FileSource
from relay.models.archive import Copy
from relay.store.contract.core import ArchiveStore

WAIT_MS = 4_000  # how long a delivery waits for its copy; then it goes with CreativeAI's link
_GB = 1_000_000_000
_S3 = (
    "To keep them, set ARCHIVE_S3_BUCKET, ARCHIVE_S3_ENDPOINT (unless it is Amazon's), "
    "ARCHIVE_S3_ACCESS_KEY_ID and ARCHIVE_S3_SECRET_ACCESS_KEY."
)


def make_local(settings: Settings) -> LocalStorage:
    """Also with another storage or none: links to files in the folder keep working."""
    limit = settings.archive_max_gb
    return LocalStorage(settings.archive_path, None if limit is None else round(limit * _GB))


def make_links(settings: Settings) -> Links:
    secrets = [settings.secret_key, *settings.secret_key_fallbacks]
    return Links([secret.get_secret_value() for secret in secrets], settings.public_url)


def make_link(settings: Settings) -> Link:
    """For deliveries: the link to a copy in whichever storage it is."""
    bucket = _bucket(settings) if settings.archive == "s3" else None
    return link_function(make_links(settings), bucket.link if bucket else None)


def make_files(settings: Settings, source: FileSource) -> FilesOf:
    """For deliveries: the bytes of outputs. A copy in a storage that is no longer configured is not read."""
    storages: dict[str, Storage] = {"local": make_local(settings)}
    if settings.archive == "s3":
        storages["s3"] = _bucket(settings)

    def read_copy(copy: Copy) -> AbstractContextManager[BinaryIO]:
        if copy.storage not in storages:
            raise FileError(
                "The archived copy is in a bucket that is no longer configured.",
                "record",
                advice="Set ARCHIVE=s3 and its options again, then resend the delivery.",
            )
        return storages[copy.storage].read(copy.key)

    return partial(OutputFiles, read_copy=read_copy, source=source, public_url=settings.public_url)


def make_archiver(settings: Settings, store: ArchiveStore, source: FileSource) -> ArchiveWorker | None:
    """None: nothing is to be archived."""
    if settings.archive == "off":
        return None
    storage: Storage = _bucket(settings) if settings.archive == "s3" else make_local(settings)
    return ArchiveWorker(store, source, storage)


def archive_wait(settings: Settings) -> int | None:
    """How long, in ms, deliveries wait for the archive. Not at all where its links could not be opened."""
    if settings.archive == "off":
        return None
    return WAIT_MS if settings.archive == "s3" or settings.public_url else 0


def status(settings: Settings, *, files_last: bool) -> tuple[bool | None, str]:
    """For `check` and the setup page: whether the archive works (None: it is off), and a sentence.

    files_last  whether the files of this machine outlive its restart
    """
    if settings.archive == "off":
        why, todo = ("", "") if files_last else (" because the disk does not keep them", f" {_S3}")
        links = "delivered links are CreativeAI's, which expire after 7 days"
        return None, f"Files are not archived{why}: {links}.{todo}"
    if settings.archive == "s3":
        ends = (
            ""
            if settings.archive_s3_public_url
            else " Without ARCHIVE_S3_PUBLIC_URL its links expire after 7 days."
        )
        return True, f"Files are archived in the bucket {settings.archive_s3_bucket}.{ends}"
    if not files_last:
        return False, f"Files are archived in a folder that this host wipes. {_S3} Or set ARCHIVE=off."
    if not settings.public_url:
        return None, (
            f"Files are archived in {settings.archive_path}, but delivered links are CreativeAI's and "
            "expire after 7 days. Set PUBLIC_URL to deliver links to the archived files."
        )
    return True, f"Files are archived in {settings.archive_path}."


def _bucket(settings: Settings) -> S3Storage:
    secret = settings.archive_s3_secret_access_key
    return S3Storage(
        bucket=settings.archive_s3_bucket,
        endpoint=settings.archive_s3_endpoint,
        region=settings.archive_s3_region,
        access_key_id=settings.archive_s3_access_key_id,
        secret_access_key=secret.get_secret_value() if secret else "",
        prefix=settings.archive_s3_prefix,
        public_url=settings.archive_s3_public_url,
    )
