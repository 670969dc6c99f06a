"""The launcher's pure parts, and the TensorFlow stand-in. Needs no Rasa."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import launcher, tensorflow_stand_in
from bot.launcher import LauncherError, components_needing_tensorflow, configs_of, guard
from bot.tensorflow_stand_in import PACKAGES, TensorFlowMissingError

ROOT = Path(__file__).resolve().parents[2]


class TestGuard:
    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["--version"],
            ["train", "--force"],
            ["test", "nlu"],
            ["data", "validate"],
            ["shell"],
            ["run", "-i", "127.0.0.1"],
            ["run", "--interface=localhost", "-p", "5006"],
            ["run", "-i", "::1"],
        ],
    )
    def test_leaves_these_alone(self, arguments: list[str]) -> None:
        assert guard(arguments) == arguments

    @pytest.mark.parametrize(
        "rest", [[], ["-p", "5006"], ["models/a.tar.gz"], ["--endpoints", "e.yml", "-vv"]]
    )
    def test_run_serves_on_loopback(self, rest: list[str]) -> None:
        assert guard(["run", *rest]) == ["run", "-i", "127.0.0.1", *rest]

    @pytest.mark.parametrize(
        "rest",
        [
            ["-i", "0.0.0.0"],
            ["-i0.0.0.0"],
            ["-vi", "0.0.0.0"],
            ["--interface=192.168.1.4"],
            ["--inter", "::"],
            ["-i", "rasa.example.org"],
            ["-i", "127.0.0.1", "-i", "0.0.0.0"],
        ],
    )
    def test_run_refuses_another_interface(self, rest: list[str]) -> None:
        with pytest.raises(LauncherError, match="is refused: Rasa serves this machine only"):
            guard(["run", *rest])

    @pytest.mark.parametrize("option", ["--enable-api", "--enable", "--ena"])
    def test_run_refuses_the_http_api(self, option: str) -> None:
        with pytest.raises(LauncherError, match="--enable-api is refused"):
            guard(["run", "-p", "5006", option])


class TestComponents:
    def test_a_config_without_tensorflow(self) -> None:
        config = {
            "pipeline": [{"name": "WhitespaceTokenizer"}, {"name": "LogisticRegressionClassifier"}],
            "policies": [{"name": "RulePolicy"}, {"name": "bot.policies.SafetyPolicy"}],
        }
        assert components_needing_tensorflow(config) == []

    def test_names_them_in_order(self) -> None:
        config = {
            "pipeline": [{"name": "rasa.nlu.classifiers.diet_classifier.DIETClassifier"}],
            "policies": ["RulePolicy", {"name": "TEDPolicy", "epochs": 1}],
        }
        assert components_needing_tensorflow(config) == ["DIETClassifier", "TEDPolicy"]

    def test_an_empty_section_is_rasas_default(self) -> None:
        needed = components_needing_tensorflow({"pipeline": None, "policies": []})
        assert needed == ["Rasa's default pipeline (the section is empty)"]

    def test_training_one_part_asks_for_that_part(self) -> None:
        assert launcher.sections_of(["train", "nlu"]) == ("pipeline",)
        assert launcher.sections_of(["train", "core"]) == ("policies",)
        assert launcher.sections_of(["train", "--force"]) == ("pipeline", "policies")

    def test_stops_before_training(self, tmp_path: Path) -> None:
        config = tmp_path / "config.yml"
        config.write_text("pipeline: [{name: DIETClassifier}]\npolicies: []\n")
        with pytest.raises(LauncherError, match=r"DIETClassifier .*rasa-tensorflow\.txt"):
            launcher.require_no_tensorflow(["train", "--config", str(config)])

    def test_broken_yaml_is_named(self, tmp_path: Path) -> None:
        config = tmp_path / "config.yml"
        config.write_text("pipeline: [\n")
        with pytest.raises(LauncherError, match=r"config\.yml is not valid YAML"):
            launcher.require_no_tensorflow(["train", "-c", str(config)])


class TestConfigs:
    @pytest.fixture(autouse=True)
    def in_a_project(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "config.yml").touch()
        (tmp_path / "other.yml").touch()

    @pytest.mark.parametrize("command", ["train", "run", "shell", "test", "interactive"])
    def test_the_default(self, command: str) -> None:
        assert configs_of([command]) == [Path("config.yml")]

    def test_the_ones_named(self) -> None:
        arguments = ["test", "nlu", "--config", "config.yml", "other.yml", "absent.yml"]
        assert configs_of(arguments) == [Path("config.yml"), Path("other.yml")]

    def test_a_folder_of_them(self) -> None:
        assert configs_of(["test", "nlu", "-c", "."]) == [Path("config.yml"), Path("other.yml")]

    @pytest.mark.parametrize("arguments", [[], ["data", "validate"], ["export"]])
    def test_commands_that_build_nothing(self, arguments: list[str]) -> None:
        assert configs_of(arguments) == []

    def test_help_is_always_there(self) -> None:
        assert configs_of(["train", "--help"]) == []


class TestEnvironment:
    def test_telemetry_is_off_and_servers_stay_here(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RASA_TELEMETRY_ENABLED", "true")
        monkeypatch.setenv("SANIC_HOST", "0.0.0.0")
        monkeypatch.setattr(sys, "path", [])
        launcher.prepare_environment()
        assert os.environ["RASA_TELEMETRY_ENABLED"] == "false"
        assert os.environ["SANIC_HOST"] == "127.0.0.1"
        assert sys.path == [str(ROOT)]

    def test_a_missing_environment_says_what_to_do(self, tmp_path: Path) -> None:
        result = subprocess.run(
            [str(ROOT / "rasa"), "train"],
            env=os.environ | {"AFTERWORD_RASA_ENV": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 1
        assert result.stderr == "rasa: there is no Rasa environment yet; run make setup\n"


@pytest.fixture
def tensorflow() -> Iterator[Any]:
    if tensorflow_stand_in.is_installed():
        pytest.skip("the real TensorFlow is installed")
    modules, finders = sys.modules.copy(), sys.meta_path.copy()
    assert tensorflow_stand_in.install()
    yield __import__("tensorflow")
    sys.meta_path[:] = finders
    for name in sys.modules.keys() - modules.keys():
        if name.partition(".")[0] in PACKAGES:
            del sys.modules[name]


class TestStandIn:
    def test_what_rasa_does_at_import(self, tensorflow: Any) -> None:
        import keras
        import tensorflow_addons as tfa
        import tensorflow_hub  # noqa: F401
        import tensorflow_text  # noqa: F401
        from tensorflow.keras import backend
        from tensorflow.keras.utils import Sequence as Batches
        from tensorflow.python.types.core import GenericFunction

        tf = tensorflow

        class Layer(tf.keras.layers.Layer):
            size: int = 3

            @tf.function
            def call(self, x: tf.Tensor | None, y: GenericFunction[Any]) -> tf.Tensor:
                return x

            @tf.function(input_signature=[tf.float32])
            def twice(self, x: tf.Tensor | None = None) -> None: ...

        class Model(keras.Model, Batches): ...

        assert Layer.size == 3
        assert Layer.call.__name__ == "call"
        assert Layer.twice.__name__ == "twice"
        assert issubclass(Model, keras.Model)
        assert backend.epsilon is tf.keras.backend.epsilon
        assert tfa.optimizers.Lamb.__name__ == "Lamb"
        assert tf.__version__ == "2.12.0"
        assert not isinstance(1, tf.Tensor)

    def test_a_real_call_says_what_to_install(self, tensorflow: Any) -> None:
        class Layer(tensorflow.keras.layers.Layer):
            pass

        with pytest.raises(TensorFlowMissingError, match=r"^tensorflow\.constant needs TensorFlow"):
            tensorflow.constant(1)
        with pytest.raises(TensorFlowMissingError, match=r"rasa-tensorflow\.txt"):
            Layer()

    def test_a_derived_class_lacks_what_it_lacks(self, tensorflow: Any) -> None:
        class Layer(tensorflow.keras.layers.Layer):
            pass

        assert not hasattr(Layer, "get_default_config")
        assert not hasattr(tensorflow, "__wrapped__")

    def test_other_missing_packages_stay_missing(self, tensorflow: Any) -> None:
        with pytest.raises(ModuleNotFoundError):
            __import__("tensorflow_of_somebody_else")

    def test_installing_twice_is_once(self, tensorflow: Any) -> None:
        finders = sys.meta_path.copy()
        assert tensorflow_stand_in.install()
        assert sys.meta_path == finders


def test_importing_the_launcher_imports_no_rasa() -> None:
    code = "import sys, bot.launcher; print('rasa' in sys.modules, 'sanic' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]
