"""Makes the folders that hold keys and customers' data."""

from pathlib import Path


def make_private_folder(folder: Path) -> None:
    """For their owner alone, also what is missing above it. One that exists stays as its owner wants it.

    Raises OSError.
    """
    if folder.is_dir():
        return
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)  # a file is in its place
