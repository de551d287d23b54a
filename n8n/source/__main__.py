"""Writes every template's files: the workflow, its picture and its page, and the index."""

from pathlib import Path

from n8n.source.files import files

ROOT = Path(__file__).parent.parent


def main() -> None:
    for name, content in files().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
