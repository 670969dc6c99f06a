"""The statistical layer: what it finds, and that it is whole or not used at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from afterword.safety.finding import Category, Tier
from afterword.screening.embedding import PACKAGE
from afterword.screening.model import FOLDER, ModelBroken, load_model
from afterword.screening.scoring import LIVE, MOST_WINDOWS, SafetyModel
from afterword.screening.training import near, read_sentences
from afterword.settings import PROJECT

SENTENCES = PROJECT / "safety" / "sentences"
MANIFEST = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
PRAISE = (
    "The session was really good today and I felt that she listened to me all the way through. "
    "We talked about work and about my sister and I liked that there was no hurry at all. "
    "She explained the exercise once more. The room was warm and I slept well afterwards."
)


@pytest.fixture(scope="module")
def model() -> SafetyModel:
    loaded = load_model()
    assert isinstance(loaded, SafetyModel)
    return loaded


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "model"))


def categories(model: SafetyModel, text: str) -> set[Category]:
    return {one.category for one in model.opinions(text)}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("I want to kill myself", Category.SUICIDE),
        ("i dont want to be alive anymore", Category.SUICIDE),
        ("I WANT TO END MY LIFE TONIGHT", Category.SUICIDE),
        ("I keep cutting my arms", Category.SELF_HARM),
        ("my boyfriend hits me", Category.ABUSE_BY_OTHER),
        ("my therapist kissed me and touched my legs", Category.ABUSE_BY_CLINICIAN),
        ("I am going to kill my boss", Category.HARM_TO_OTHERS),
        ("me quiero matar", Category.SUICIDE),
        ("quiero morirme", Category.SUICIDE),
        ("mi marido me pega", Category.ABUSE_BY_OTHER),
        ("me hago daño a propósito", Category.SELF_HARM),
    ],
)
def test_plain_statements_are_found(model: SafetyModel, text: str, category: Category) -> None:
    assert category in categories(model, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "ok",
        "👍",
        "She listened and I felt heard.",
        "We spoke about my job interview on Friday.",
        "I would like to go a little slower next time",
        "La sesión estuvo muy bien, gracias",
        PRAISE,
    ],
)
def test_ordinary_words_say_nothing(model: SafetyModel, text: str) -> None:
    assert model.opinions(text) == ()


@pytest.mark.parametrize("where", ["start", "end"])
def test_danger_among_praise_is_found(model: SafetyModel, where: str) -> None:
    danger = "I want to kill myself."
    half = PRAISE.split(". ")
    text = {
        "start": f"{danger} {PRAISE}",
        "middle": ". ".join(half[:2]) + f". {danger} " + ". ".join(half[2:]),
        "end": f"{PRAISE} {danger}",
    }[where]
    assert Category.SUICIDE in categories(model, text)


def test_the_end_of_the_longest_message_is_read(model: SafetyModel) -> None:
    text = (PRAISE * 50)[:9_900] + ". I want to kill myself tonight."
    assert Category.SUICIDE in categories(model, text)


def test_the_work_for_a_message_is_bounded(model: SafetyModel) -> None:
    for text in (PRAISE * 40, "kill " * 2_000, "x" * 10_000, ". " * 5_000):
        assert len(model.shares(model.reader.read(text[:10_000]))) <= MOST_WINDOWS


def test_the_second_encoder_is_asked_only_where_the_first_is_in_doubt(model: SafetyModel) -> None:
    alone = {name: replace(one, doubt=(0.0, 0.0)) for name, one in model.bounds.items()}
    first = replace(model, bounds=alone)
    asked = set()
    for one in read_sentences(PROJECT / "tests" / "safety" / "data")[::60]:
        reading = model.reader.read(one.text)
        before, after = first.shares(reading), model.shares(reading)
        low, high = model.bounds[reading.language].doubt
        for own, both in zip(before, after, strict=True):
            doubted = low <= own[:LIVE].sum() < high
            asked.add(doubted)
            assert (own != both).any() == doubted
    assert asked == {True, False}


def test_the_same_text_has_the_same_opinions(model: SafetyModel) -> None:
    texts = ["i cant go on", "she touched my knee", "fine", "no quiero vivir"]
    first = [model.opinions(text) for text in texts]
    assert [model.opinions(text) for text in texts] == first
    again = load_model()
    assert [again.opinions(text) for text in reversed(texts)] == first[::-1]
    assert again.version == model.version


def test_never_says_now_and_never_a_trace(model: SafetyModel) -> None:
    texts = [one.text for one in read_sentences(SENTENCES) if one.severity == "imminent"][:40]
    found = {one.tier for text in texts for one in model.opinions(text)}
    assert found
    assert found <= {Tier.CHECK, Tier.SAME_DAY}


def test_keeps_no_words_of_a_message(model: SafetyModel) -> None:
    text = "the blue kettle is with my aunt in Antofagasta"
    model.opinions(text)
    assert text not in repr(model._known)


@pytest.mark.parametrize("name", sorted(MANIFEST["files"]))
def test_an_altered_file_is_not_used(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ModelBroken, match=f"{name}: .* altered. Restore"):
        load_model(copy)


@pytest.mark.parametrize("name", ["manifest.json", *sorted(MANIFEST["files"])])
def test_a_missing_file_is_said(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelBroken, match=name):
        load_model(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"layout": 99}', "\x00"])
def test_a_foreign_manifest_is_refused(copy: Path, content: str) -> None:
    (copy / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelBroken):
        load_model(copy)


@pytest.mark.parametrize("package", [PACKAGE, "numpy"])
def test_without_a_package_the_reason_is_said(package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from afterword.screening.model import ModelBroken, load_model\n"
        "try:\n    load_model()\nexcept ModelBroken as broken:\n    print(broken)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert package in run.stdout and "Install requirements/app.txt" in run.stdout, run.stderr


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    other = tmp_path / PACKAGE / "model"
    other.mkdir(parents=True)
    (tmp_path / PACKAGE / "__init__.py").touch()
    (other / "vocab.txt").write_text("[PAD]\n[CLS]\n[SEP]\n", encoding="utf-8")
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from afterword.screening.model import ModelBroken, load_model\n"
        "try:\n    load_model()\nexcept ModelBroken as broken:\n    print(broken)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert "vocab.txt" in run.stdout and "not the expected one" in run.stdout, run.stderr


def test_the_model_is_trained_on_the_sentences_that_are_here() -> None:
    """Whoever changes a sentence trains anew: scripts/train_safety.py, train_multilingual.py."""
    here = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(SENTENCES.glob("*.jsonl"))
    }
    assert MANIFEST["sentences"] == {"english": here, "multilingual": here}


def test_messages_are_read_as_they_were_in_training(model: SafetyModel) -> None:
    """A change of the cleaning, the word list or the arithmetic needs a new training, too."""
    for text, share in MANIFEST["probes"].items():
        found = model.shares(model.reader.read(text))[:, :LIVE].sum(axis=1).max()
        assert found == pytest.approx(share, abs=0.02), text


def test_sentences_are_well_formed() -> None:
    sentences = read_sentences(SENTENCES)
    assert len(sentences) > 4_000
    for one in sentences:
        assert one.text.strip() and one.lang in {"en", "es"}
        assert one.label == "none" or one.label in list(Category)
        severities = {"none"} if one.label == "none" else {"imminent", "active", "passive", "past"}
        assert one.severity in severities


def test_no_sentence_is_in_two_files() -> None:
    sentences = read_sentences(SENTENCES)
    texts = [one.text for one in sentences]
    twice = [
        (texts[first], texts[second])
        for first, second, _ in near(texts, 0.8)
        if sentences[first].source != sentences[second].source
    ]
    assert twice == []


def test_spanish_is_told_from_english_and_read_word_by_word(model: SafetyModel) -> None:
    glossary = model.reader.glossary
    assert glossary.is_spanish("no quiero seguir así")
    assert glossary.is_spanish("me corto")
    assert not glossary.is_spanish("i don't want to go on like this")
    assert not glossary.is_spanish("no idea, me too")
    assert glossary.english("quiero matarme esta noche") == "i want to kill myself tonight"
    assert glossary.english("mi hermano me golpeó") == "my brother hit me"
    assert glossary.english("me corto") == "i cut myself"
    assert glossary.english("me cortó la cara") == "cut me the face"
