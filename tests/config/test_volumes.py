"""A volume is mounted with the data in it and without the code, on a disk that outlives the machine."""

from pathlib import Path

import pytest

from relay.config.volumes import is_on_volume

CODE = Path(__file__).resolve().parents[2]
ROOT = "overlay / overlay rw 0 0"
DISK = "/dev/vdb {} ext4 rw,relatime 0 0"


@pytest.mark.parametrize(
    ("folder", "mounts", "is_volume", "why"),
    [
        ("/data", [ROOT, DISK.format("/data")], True, "mounted there"),
        ("/data/relay", [ROOT, DISK.format("/data")], True, "mounted above"),
        ("/var/data", [ROOT, DISK.format("/var/data")], True, "Render's usual place"),
        ("/data", ["zfs /data zfs rw 0 0", ROOT], True, "whatever the file system"),
        ("/data", ["drvfs /data 9p rw 0 0"], True, "the same"),
        ("/my data", [ROOT, DISK.format("/my\\040data")], True, "a blank, as the kernel writes it"),
        ("/data", [ROOT], False, "the machine's own disk"),
        ("/data", [DISK.format("/")], False, "also where that is no overlay"),
        ("/database", [ROOT, DISK.format("/data")], False, "another folder that begins alike"),
        ("/dev/shm/relay", [ROOT, "tmpfs /dev/shm tmpfs rw 0 0"], False, "memory"),
        ("/data", [DISK.format("/data"), "tmpfs /data tmpfs rw 0 0"], False, "memory over a disk"),
        ("/data/tmp", [DISK.format("/data"), "tmpfs /data/tmp tmpfs rw 0 0"], False, "memory in a disk"),
        ("/data", ["tmpfs /data tmpfs rw 0 0", DISK.format("/data")], True, "a disk over memory"),
        (str(CODE / "data"), [ROOT, DISK.format(CODE)], False, "the code's own disk is of the deploy"),
        (str(CODE / "data"), [ROOT, DISK.format(CODE.parent)], False, "and so is what is above it"),
        (str(CODE / "data"), [ROOT, DISK.format(CODE / "data")], True, "a disk within the code"),
        ("/data", [], False, "nothing is known, as on macOS"),
    ],
)
def test_a_folder_is_on_a_volume(folder: str, mounts: list[str], is_volume: bool, why: str) -> None:
    assert is_on_volume(Path(folder), "\n".join(mounts)) is is_volume, why
