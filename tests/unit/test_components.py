"""A configuration names what is on the list, or nothing happens."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from afterword.components import ALLOWED, NEEDS_TENSORFLOW, OURS, problems, unknown
from bot import launcher
from bot.launcher import LauncherError

ROOT = Path(__file__).resolve().parents[2]
WELL: dict[str, Any] = {
    "pipeline": [{"name": "WhitespaceTokenizer"}, {"name": "bot.answer_gate.AnswerGate"}],
    "policies": ["RulePolicy"],
}


def test_the_shipped_configuration_is_allowed() -> None:
    config = YAML(typ="safe", pure=True).load((ROOT / "config.yml").read_text(encoding="utf-8"))
    assert problems(config) == []
    assert problems(WELL) == []


def test_what_is_ours_on_the_list_exists() -> None:
    for name in frozenset().union(*OURS.values()):
        module, _, kind = name.rpartition(".")
        source = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
        assert f"class {kind}(" in source


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("pipeline", "subprocess.Popen"),
        ("pipeline", "evil.WhitespaceTokenizer"),
        ("pipeline", "bot.launcher.main"),
        ("pipeline", "DucklingEntityExtractor"),
        ("pipeline", "CRFEntityExtractor"),
        ("pipeline", "RulePolicy"),
        ("policies", "WhitespaceTokenizer"),
        ("policies", "TEDPolicy"),
        ("policies", ""),
    ],
)
def test_anything_else_is_refused_by_name(section: str, name: str) -> None:
    [said] = problems({**WELL, section: [{"name": name}]})
    assert name in said
    assert f"under {section}" in said
    assert ", ".join(sorted(ALLOWED[section])) in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"recipe": "graph.v1"}, "recipe must be default.v1"),
        ({"importers": [{"name": "evil.Importer"}]}, "evil.Importer is not an allowed importer"),
    ],
)
def test_other_ways_to_bring_code_in_are_shut(more: dict[str, Any], words: str) -> None:
    [said] = problems({**WELL, **more})
    assert words in said


def test_what_needs_tensorflow_is_measured_and_never_served(tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text("pipeline: [{name: DIETClassifier}]\npolicies: [{name: RulePolicy}]\n")
    launcher.require_allowed_components(["train", "-c", str(config)], measuring=True)
    for arguments in (["train", "-c", str(config)], ["run", "-c", str(config)]):
        serving = arguments[0] == "run"
        with pytest.raises(LauncherError, match="DIETClassifier is not an allowed component"):
            launcher.require_allowed_components(arguments, measuring=serving)
    assert unknown(sorted(NEEDS_TENSORFLOW)) == sorted(NEEDS_TENSORFLOW)


@pytest.mark.parametrize("command", [["train"], ["test"], ["shell"], ["data", "validate"]])
def test_nothing_is_imported_before_the_check(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "evil.py").write_text("open('ran', 'w').close()\n")
    (tmp_path / "config.yml").write_text(
        "pipeline: [{name: evil.Component}]\npolicies: [{name: RulePolicy}]\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "bot.launcher", *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "evil.Component is not an allowed component under pipeline" in done.stderr
    assert not (tmp_path / "ran").exists()
