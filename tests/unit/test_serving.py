"""What `rasa run` is given before it may serve; each refusal says what to do."""

from pathlib import Path

import pytest

from afterword.settings import Settings
from bot import serving
from bot.serving import NotServable

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "AFTERWORD_ACTIONS_URL": "http://127.0.0.1:5055/webhook",
    "AFTERWORD_ACTIONS_KEY": "k" * 64,
    "AFTERWORD_CHANNEL_KEY": "0a" * 32,
    "AFTERWORD_TRACKER_KEY": "A" * 43 + "=",
    "AFTERWORD_TRACKER_URL": "sqlite://",
}


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("credentials.yml", "endpoints.yml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    path = tmp_path / "one.tar.gz"
    path.touch()
    return path


def test_what_the_project_ships_is_served(model: Path) -> None:
    assert serving.check(["-i", "127.0.0.1", "--model", "one.tar.gz"], SECRETS) == Path(model.name)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--model"),
        (["--model", "."], "--model"),
        (["--model", "absent.tar.gz"], "--model"),
        (["one.tar.gz"], "name the model with --model"),
        (["--model", "one.tar.gz", "two.tar.gz"], "name the model with --model"),
        (["--model", "one.tar.gz", "--connector", "rest"], "--connector is refused"),
        (["--model", "one.tar.gz", "--conn", "socketio"], "--connector is refused"),
        (["--model", "one.tar.gz", "--remote-storage", "aws"], "--remote-storage is refused"),
        (["--model", "one.tar.gz", "--logging-config-file", "l.yml"], "--logging-config-file"),
        (["--model", "one.tar.gz", "--auth-token", "x"], "--auth-token is refused"),
        (["--model", "one.tar.gz", "--credentials", "absent.yml"], "absent.yml is missing"),
    ],
)
def test_the_command_line(model: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(NotServable, match=words):
        serving.check(arguments, SECRETS)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"AFTERWORD_CHANNEL_KEY": ""}, "AFTERWORD_CHANNEL_KEY is not set"),
        ({"AFTERWORD_CHANNEL_KEY": "0a"}, "AFTERWORD_CHANNEL_KEY must hold at least 32 bytes"),
        ({"AFTERWORD_TRACKER_KEY": ""}, "AFTERWORD_TRACKER_KEY is not set"),
        ({"AFTERWORD_TRACKER_KEY": "c2hvcnQ="}, "must hold 32 bytes, not 5"),
        ({"AFTERWORD_TRACKER_OLD_KEYS": "*"}, "AFTERWORD_TRACKER_OLD_KEYS is not base64"),
        ({"SANIC_WORKERS": "2"}, "SANIC_WORKERS must be 1"),
    ],
)
def test_the_keys_of_the_environment(model: Path, changed: dict[str, str], words: str) -> None:
    with pytest.raises(NotServable, match=words):
        serving.check(["--model", "one.tar.gz"], SECRETS | changed)


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("credentials.yml", "bot.channel.GatewayChannel:", "rest:", "not rest. Rasa's own"),
        ("credentials.yml", "  menu:", "rest: {}\nx:", "nothing else, not rest"),
        ("credentials.yml", "bot.channel.GatewayChannel:", "#", "must name bot.channel"),
        ("endpoints.yml", "headers:", "other:", "secret of at least 32"),
        ("endpoints.yml", "${AFTERWORD_ACTIONS_KEY}", "short", "secret of at least 32"),
        ("endpoints.yml", "${AFTERWORD_ACTIONS_URL}", "http://10.0.0.9:1/w", "on this machine"),
        ("endpoints.yml", "bot.tracker_store.Strict", "rasa.Mongo", "tracker_store must be"),
        ("endpoints.yml", "bot.lock_store.Conv", "rasa.Conv", "lock_store must be"),
        ("endpoints.yml", "action_endpoint:", "models: {}\naction_endpoint:", "not name models"),
        ("endpoints.yml", "action_endpoint:", "nlg: {}\naction_endpoint:", "not name nlg"),
        ("endpoints.yml", "action_endpoint:", "event_broker: {}\naction_endpoint:", "event_brok"),
    ],
)
def test_what_rasa_would_start_with_is_refused(
    model: Path, file: str, old: str, new: str, words: str
) -> None:
    path = model.with_name(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(NotServable, match=words):
        serving.check(["--model", "one.tar.gz"], SECRETS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AFTERWORD_ACTIONS_KEY", ""),
        ("AFTERWORD_ACTIONS_KEY", "k" * 31),
        ("AFTERWORD_ACTIONS_URL", "http://actions.example.org/webhook"),
        ("AFTERWORD_ACTIONS_URL", "http://127.0.0.1@evil.example/webhook"),
        ("AFTERWORD_ACTIONS_URL", ""),
    ],
)
def test_the_environment(model: Path, name: str, value: str) -> None:
    with pytest.raises(NotServable, match=name):
        serving.check(["--model", "one.tar.gz"], {**SECRETS, name: value})


@pytest.mark.parametrize("name", ["assistant_url", "actions_url"])
def test_the_other_end_goes_to_this_machine_only(name: str) -> None:
    assert getattr(Settings(**{name: "http://127.0.0.1:5005"}), name)  # type: ignore[arg-type]
    for address in ("http://10.0.0.9:5005", "http://127.0.0.1@evil.example", "http://rasa:5005"):
        with pytest.raises(ValueError, match="address of this machine"):
            Settings(**{name: address})  # type: ignore[arg-type]
