"""Draws the files again: `python -m relay.sample_media.make`.

Needs ffmpeg (Debian: apt-get install ffmpeg), but for the transparent picture. Pictures and
sound are computed by the formulas below. The files are committed, so run this only to change them.
"""

import math
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

HERE = Path(__file__).parent
# A sky that moves slowly, with a disc that crosses it: enough to see that a player plays.
SKY = "gradients=size=640x360:rate=24:duration=5:c0=0x1b3a6b:c1=0xe8875a:x0=0:y0=0:x1=640:y1=360:speed=0.02"
DISC = (
    "geq="
    "r='if(lt(hypot(X-60-T*104,Y-180-60*sin(T*2)),44),255,r(X,Y))':"
    "g='if(lt(hypot(X-60-T*104,Y-180-60*sin(T*2)),44),214,g(X,Y))':"
    "b='if(lt(hypot(X-60-T*104,Y-180-60*sin(T*2)),44),102,b(X,Y))'"
)
# Four notes of a major chord, each fading away.
NOTE = "exp(-4*mod(t,1))*0.3*sin(2*PI*t*261.63*(1+0.26*eq(floor(t),1)+0.5*eq(floor(t),2)+eq(floor(t),3)))"
TONE = f"aevalsrc=exprs='{NOTE}':duration=4:sample_rate=44100"

EXACT = ["-bitexact", "-map_metadata", "-1"]
PICTURES = ["-f", "lavfi", "-i", f"{SKY},format=gbrp,{DISC}"]
SOUND = ["-f", "lavfi", "-i", TONE]
VIDEO = ["-c:v", "libx264", "-preset", "veryslow", "-crf", "30", "-pix_fmt", "yuv420p"]
FILES: dict[str, list[str]] = {
    "sample.mp4": [*PICTURES, *SOUND, *VIDEO, "-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart"],
    "sample.png": [*PICTURES, "-vf", "select=eq(n\\,60),scale=480:-1,format=pal8", "-frames:v", "1"],
    "sample.mp3": [*SOUND, "-c:a", "libmp3lame", "-b:a", "48k", "-ac", "1"],
}


SIDE = 256


def transparent() -> bytes:
    """A PNG with an alpha channel: a disc whose edge fades into nothing."""
    rows = bytearray()
    for y in range(SIDE):
        rows.append(0)  # no filter
        for x in range(SIDE):
            edge = SIDE * 0.42 - math.hypot(x - SIDE / 2, y - SIDE / 2)
            rows += bytes((232, 90 + y // 4, 90, round(255 * min(1.0, max(0.0, edge / 6)))))
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)  # 8 bits each of red, green, blue, alpha
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def main() -> None:
    (HERE / "transparent.png").write_bytes(transparent())
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise SystemExit("ffmpeg is not installed")
    for name, how in FILES.items():
        subprocess.run([ffmpeg, "-v", "error", "-y", *how, *EXACT, str(HERE / name)], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
