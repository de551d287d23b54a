"""The guide to adding a kind, followed to the letter: its own example keeps to the contract of every kind."""

import importlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI
from relay.generation.adopt import running_elsewhere
from relay.generation.create_job import new_job
from relay.generation.kinds import Kind, kind
from relay.models.job import Source
from relay.web.pages.connection_labels import output_label
from tests.deploy.dyno import clone
from tests.generation.inputs import least
from tests.generation.kinds.contract import CONTRACT, Case

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "adding-a-kind.md").read_text(encoding="utf-8")
(MODULE,) = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
NAME = "relay.generation.kinds.sound_effect"

VERTICAL_CLIP = '''"""A kind for an endpoint that the client has already."""

from dataclasses import replace

from pydantic import Field

from relay.generation.kinds.fields import JobInput
from relay.generation.kinds.video import TEXT_TO_VIDEO


class VerticalClip(JobInput):
    prompt: str = Field(title="Prompt", description="Say what is seen.", examples=["A kite"], min_length=1)
    aspect_ratio: str = Field("9:16", title="Aspect ratio", description="Always 9:16.", examples=["9:16"])


VERTICAL_CLIP = replace(
    TEXT_TO_VIDEO,
    name="vertical-clip",
    title="Vertical clip",
    summary="A clip for phones.",
    input=VerticalClip,
    featured=0,
)
'''


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Kind:
    """The module of the guide, imported and added to the registry."""
    module = ModuleType(NAME)
    monkeypatch.setitem(sys.modules, NAME, module)
    exec(compile(MODULE, "docs/adding-a-kind.md", "exec"), module.__dict__)
    made: Kind = module.SOUND_EFFECT
    registry = importlib.import_module("relay.generation.kinds")
    monkeypatch.setattr(registry, "_KINDS", (*registry._KINDS, made))
    return made


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_the_example_keeps_to_the_contract(
    example: Kind, net: RequestsMock, client: CreativeAI, check: Callable[[Case], None]
) -> None:
    check(Case(example, net, client))


def test_nothing_else_has_to_know_it(example: Kind) -> None:
    job = new_job("sound-effect", least(example), source=Source.API)
    assert (job.kind, job.output_kind, job.estimate) == ("sound-effect", "sound", 4)
    assert running_elsewhere("sound_1", {}).kind == "sound-effect"
    assert output_label("sound") == "Sound effects"


def test_it_is_gone_when_it_is_not_registered() -> None:
    with pytest.raises(KeyError):
        kind("sound-effect")


@pytest.mark.slow
def test_a_kind_for_an_endpoint_that_there_is_needs_its_module_and_its_registration_alone(
    tmp_path: Path,
) -> None:
    """In a copy of the repository, whose tests of each kind run on it too."""
    package = clone(ROOT, tmp_path) / "relay" / "generation" / "kinds"
    (package / "vertical_clip.py").write_text(VERTICAL_CLIP, encoding="utf-8")
    registry = (package / "__init__.py").read_text(encoding="utf-8")
    for line, added in [
        ("from relay.models.", "from relay.generation.kinds.vertical_clip import VERTICAL_CLIP\n"),
        ("    IMAGE,\n", "    VERTICAL_CLIP,\n"),
    ]:
        registry = registry.replace(line, added + line, 1)
    (package / "__init__.py").write_text(registry, encoding="utf-8")

    python(tmp_path, "-m", "docs.generate")
    assert "`multi-shot`, `vertical-clip` |" in (tmp_path / "docs/endpoints.md").read_text(encoding="utf-8")
    pages, endpoints = "tests/web/pages/test_jobs.py", "tests/creativeai/test_endpoints.py"
    chosen = "vertical-clip or test_kinds or test_endpoints or test_docs"
    rooms = ("tests/generation", endpoints, pages, "tests/test_docs.py")
    ran = python(tmp_path, "-m", "pytest", "-v", *rooms, "-k", chosen)
    for check in CONTRACT:
        assert f"[vertical-clip-{check.__name__}] PASSED" in ran


def python(directory: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, *arguments], cwd=directory, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
