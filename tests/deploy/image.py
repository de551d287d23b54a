"""A Dockerfile for a machine without docker: its instructions read, and its COPY and RUN steps carried out.

Each stage becomes a folder, and each absolute path of the image a path in it. What the base image brings is
this machine's Python; users and the kernel's isolation are not played.
"""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import NamedTuple


class Step(NamedTuple):
    """One instruction: its name, and what follows it on its lines."""

    name: str
    text: str


@dataclass
class Stage:
    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def texts(self, name: str) -> list[str]:
        return [step.text for step in self.steps if step.name == name]

    def environment(self) -> dict[str, str]:
        return dict(pair.split("=", 1) for text in self.texts("ENV") for pair in text.split())


def read(dockerfile: Path) -> list[Stage]:
    joined = re.sub(r"\\\n\s*", "", dockerfile.read_text(encoding="utf-8"))
    stages: list[Stage] = []
    for line in joined.splitlines():
        name, _, text = line.strip().partition(" ")
        if name == "FROM":
            base, _, alias = text.partition(" AS ")
            stages.append(Stage(base, alias))
        elif name and not name.startswith("#"):
            stages[-1].steps.append(Step(name, text))
    return stages


def is_ignored(path: str, patterns: list[str]) -> bool:
    """By .dockerignore: the last pattern that fits the path or a folder above it decides."""
    ignored = False
    parents = [path, *(str(each) for each in PurePosixPath(path).parents if str(each) != ".")]
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        if any(_fits(each, bare) for each in parents):
            ignored = not pattern.startswith("!")
    return ignored


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatch(path, pattern[3:]) or fnmatch.fnmatch(path, f"*/{pattern[3:]}")
    return path.count("/") == pattern.count("/") and fnmatch.fnmatch(path, pattern)


def context(root: Path, names: list[Path]) -> Iterator[Path]:
    """Which of these files are sent to the build."""
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return (name for name in names if not is_ignored(name.as_posix(), patterns))


class Build:
    """The stages as folders. `roots`: where each is, by its name; "" is the last one, the image."""

    def __init__(self, stages: list[Stage], sent: Path, folder: Path) -> None:
        self.roots: dict[str, Path] = {}
        for stage in stages:
            self.roots[stage.name] = root = folder / (stage.name or "image")
            root.mkdir(parents=True)
            _Running(self, root, sent).carry_out(stage)

    def size(self) -> int:
        """Bytes that the image adds to its base, as `du` counts them."""
        files = (path for path in self.roots[""].rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_blocks * 512 for path in files)


class _Running:
    def __init__(self, build: Build, root: Path, sent: Path) -> None:
        self._build, self._root, self._sent = build, root, sent
        self._folder = PurePosixPath("/")

    def carry_out(self, stage: Stage) -> None:
        """With the base image's environment, so what changes it has to come after the last RUN."""
        seen: set[str] = set()
        for step in stage.steps:
            if step.name == "WORKDIR":
                self._folder /= step.text
                self._there(step.text).mkdir(parents=True, exist_ok=True)
            elif step.name == "COPY":
                self._copy(step.text)
            elif step.name == "RUN":
                assert not seen & {"ENV", "USER"}
                self._run(step.text)
            seen.add(step.name)

    def _there(self, path: str) -> Path:
        return self._root / str(self._folder / path).lstrip("/")

    def _copy(self, text: str) -> None:
        words = text.split()
        options = dict(word.split("=", 1) for word in words if word.startswith("--"))
        *sources, target = (word for word in words if not word.startswith("--"))
        from_stage = options.get("--from")
        for source in sources:
            origin = self._build.roots[from_stage] / source.lstrip("/") if from_stage else self._sent / source
            if origin.is_dir():
                shutil.copytree(origin, self._there(target), symlinks=True, dirs_exist_ok=True)
            else:
                self._there(target).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, self._there(target))

    def _run(self, text: str) -> None:
        """Absolute paths of the image become paths in the stage's folder. Only root gives folders away."""
        moved = re.sub(r"(?<![\w./-])/(venv|data|app)\b", lambda found: f"{self._root}/{found[1]}", text)
        if os.geteuid() != 0:
            moved = re.sub(r" -[og] \d+", "", moved)
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
        tools = self._root.parent / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "python").write_text(f'#!/bin/sh\nexec "{sys._base_executable}" "$@"\n')
        (tools / "python").chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", "-ec", moved],
            cwd=self._root / str(self._folder).lstrip("/"),
            env=kept | {"PATH": f"{tools}:{os.defpath}"},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, f"RUN {text}\n{done.stdout}{done.stderr}"
