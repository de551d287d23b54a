"""A source of files that ends with its test, as it ends with its process."""

from relay.files.source import FileSource


def close(source: FileSource) -> None:
    """What was fetched and not taken is closed, once it is there."""
    for arrival in source._arrivals.values():
        arrival.end.exception(30)
        arrival.file.close()
