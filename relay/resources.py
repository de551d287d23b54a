"""Where `templates`, `n8n` and `make` are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
CODE = _PACKAGE.parent  # where `python -m relay` finds the package: the checkout, or site-packages
FOLDERS = _PACKAGE if (_PACKAGE / "templates").is_dir() else CODE  # pyproject.toml says what the wheel packs
