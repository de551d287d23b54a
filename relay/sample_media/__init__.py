"""Small playable files of our own, and the script that draws them: for the sandbox, and for samples."""

from pathlib import Path

FOLDER = Path(__file__).parent
FILES = {
    ".mp4": ("sample.mp4", "video/mp4"),
    ".png": ("sample.png", "image/png"),
    ".mp3": ("sample.mp3", "audio/mpeg"),
}
