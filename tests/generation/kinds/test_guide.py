"""The guide to adding a kind, followed to the letter: its own example keeps to the contract of every kind."""

import ast
import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from responses import RequestsMock

from relay.creativeai import CreativeAI
from relay.generation.adopt import running_elsewhere
from relay.generation.create_job import new_job
from relay.generation.kinds import Kind, kind
from relay.models.job import Source
from relay.web.pages.connection_labels import output_label
from tests.generation.kinds.contract import CONTRACT, Case

GUIDE = (Path(__file__).parents[3] / "docs" / "adding-a-kind.md").read_text(encoding="utf-8")
MODULE, LEAST = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
NAME = "relay.generation.kinds.sound_effect"


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


def least() -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = ast.literal_eval(f"{{{LEAST}}}")
    return found["sound-effect"]


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_the_example_keeps_to_the_contract(
    example: Kind, net: RequestsMock, client: CreativeAI, check: Callable[[Case], None]
) -> None:
    check(Case(example, least(), net, client))


def test_nothing_else_has_to_know_it(example: Kind) -> None:
    job = new_job("sound-effect", least(), source=Source.API)
    assert (job.kind, job.output_kind, job.estimate) == ("sound-effect", "sound", 4)
    assert running_elsewhere("sound_1", {}).kind == "sound-effect"
    assert output_label("sound") == "Sound effects"


def test_it_is_gone_when_it_is_not_registered() -> None:
    with pytest.raises(KeyError):
        kind("sound-effect")
