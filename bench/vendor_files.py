"""The file that every result of the bench has, where CreativeAI's CDN would have it."""

from tests.wire.program import ROOT

CDN = "https://cdn.creativeai.run"
FILE = (ROOT / "relay/sample_media/sample.mp4").read_bytes()


def is_link(path: str) -> bool:
    return path.startswith("/output/")
