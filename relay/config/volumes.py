"""Whether a folder is on a disk of its own, which outlives the machine that it is attached to."""

from pathlib import Path

_MOUNTS = Path("/proc/self/mounts")
_CODE = Path(__file__).resolve().parents[2]
_LOST_WITH_THE_MACHINE = ("overlay", "tmpfs", "ramfs", "rootfs")  # types of file systems


def is_on_volume(folder: Path, mounts: str | None = None) -> bool:
    """What is mounted with the code in it is the machine's own disk, not a volume.

    mounts  the lines of /proc/self/mounts; None: they are read. Without them (not on Linux) it is False
    """
    if mounts is None:
        mounts = _MOUNTS.read_text(errors="replace") if _MOUNTS.exists() else ""
    types = dict(_point_and_type(line) for line in mounts.splitlines())  # the last one covers those before
    path = folder.resolve()
    point = next((each for each in (path, *path.parents) if str(each) in types), None)
    return (
        point is not None
        and types[str(point)] not in _LOST_WITH_THE_MACHINE
        and not _CODE.is_relative_to(point)
    )


def _point_and_type(line: str) -> tuple[str, str]:
    _, point, kind, *_ = line.split(" ")
    return point.replace("\\040", " "), kind
