"""Labelled lines are judged as a turn would decide; texts are shown only when asked for."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from afterword.cli import cli
from afterword.evaluation import sheet
from afterword.evaluation.lines import CONTEXTS, Expected, Line, LinesRefused, read_lines
from afterword.evaluation.outcomes import Verdict, done_with, verdict
from afterword.evaluation.running import Evaluation, EvaluationFailed, Judged, evaluate
from afterword.evaluation.scenes import scene
from afterword.settings import PROJECT

SECRET = "mostly but my aunt Odile was there"


def line(
    text: str,
    kind: str,
    context: str = "heard",
    accept: tuple[dict[str, Any], ...] = (),
    lang: str = "en",
    **more: Any,
) -> dict[str, Any]:
    expected = {"kind": kind, **more, **({"accept": list(accept)} if accept else {})}
    return {"context": context, "text": text, "lang": lang, "expected": expected}


def read(*entries: object) -> list[Line]:
    return read_lines([("a.jsonl", "\n".join(map(json.dumps, entries)))])


def judge(entry: dict[str, Any], **parsed: Any) -> Judged:
    """A line with what language understanding made of it; an answer without more."""
    [one] = read(entry)
    found = {"intent": "answer", "choice": None, **parsed}
    done = done_with(one.text, found, scene(one.context, one.language))
    return Judged(one, done, verdict(one, done), found.get("confidence"))


def test_a_line_is_read_with_all_its_keys() -> None:
    [one] = read(
        line("7/10 he was late", "rating_range", values=[3, 4], words=True, also="who_sees",
             accept=({"kind": "words"},))
    )  # fmt: skip
    expected = Expected("rating_range", values=(3, 4), words=True, also="who_sees")
    assert one == Line("a.jsonl:1", "heard", "7/10 he was late", "en", expected, one.accept)
    assert one.outcomes == (expected, Expected("words"))


def test_a_second_request_may_be_written_as_an_outcome() -> None:
    also = {"kind": "digression", "name": "who_sees"}
    [one] = read(line("mostly. who reads it", "rating", value=3, also=also))
    assert one.expected == Expected("rating", value=3, also="who_sees")


def test_help_serves_who_wants_the_question_again_and_not_the_other_way_round() -> None:
    again = line("strain as in what", "digression", "snag", name="repeat")
    how = line("how does this work", "digression", "snag", name="help")
    assert judge(again, intent="help").verdict is Verdict.RIGHT
    assert judge(how, intent="repeat").verdict is Verdict.WRONG


def test_a_question_about_health_may_be_kept_as_words_where_it_is_answered_too() -> None:
    asked = line("why am I so tired", "digression", "open_text", name="medical_question")
    words = line("why am I so tired", "words", "open_text")
    for one in (asked, words):
        assert judge(one, also="medical_question").verdict is Verdict.RIGHT
    assert judge(asked).verdict is Verdict.WRONG


def test_empty_lines_are_left_out_and_english_is_the_default() -> None:
    entry = {"context": "wish", "text": "more time", "expected": "words"}
    [one] = read_lines([("a", f"\n\n{json.dumps(entry)}\n \n")])
    assert (one.place, one.language, one.expected) == ("a:3", "en", Expected("words"))


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ([SECRET], "is no line of labelled JSON"),
        (line(SECRET, "rating", "elsewhere", value=3), "context must be one of heard, safe"),
        (line("  ", "words"), "text is missing"),
        ({"context": "heard", "expected": "words"}, "text is missing"),
        (line(SECRET, "words", lang="fr"), "lang must be one of en, es"),
        (line(SECRET, "grade"), "expected.kind must be one of rating"),
        ({"context": "heard", "text": SECRET}, "expected.kind must be one of"),
        (line(SECRET, "digression", name="dance"), "expected.name must be one of who_sees"),
        (line(SECRET, "rating", value=3, also="dance"), "expected.also must be one of who_sees"),
        (line(SECRET, "rating", value=3, also={"kind": "share"}), "expected.also must be one of"),
        (line(SECRET, "rating"), "expected.value is missing; rating needs it"),
        (line(SECRET, "rating", value=6), "expected.value must be of 1 to 5"),
        (line(SECRET, "rating", value="3"), "expected.value must be of 1 to 5"),
        (line(SECRET, "rating_range", values=[0, 1]), "expected.values must be of 1 to 5"),
        (line(SECRET, "rating_range", values=3), "expected.values must be of 1 to 5"),
        (line(SECRET, "words", accept=({"kind": "no such"},)), "expected.kind must be one of"),
    ],
)
def test_a_wrong_line_is_told_with_its_place_and_without_its_text(
    entry: object, reason: str
) -> None:
    with pytest.raises(LinesRefused) as refused:
        read(line("fine", "words", "wish"), entry)
    [problem] = refused.value.problems
    assert problem.startswith("a.jsonl:2: ")
    assert reason in problem
    assert "Odile" not in str(refused.value)


def test_all_wrong_lines_are_told_at_once() -> None:
    with pytest.raises(LinesRefused) as refused:
        read_lines([("a", "{"), ("b", f"\n{SECRET}")])
    assert [one.split(" ")[0] for one in refused.value.problems] == ["a:1:", "b:2:"]
    with pytest.raises(LinesRefused, match="There are no lines"):
        read_lines([("a", "\n")])


def test_the_held_out_lines_are_read() -> None:
    files = sorted((PROJECT / "tests" / "data").glob("understanding_*.jsonl"))
    assert read_lines([(file.name, file.read_text(encoding="utf-8")) for file in files])


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_each_context_is_a_place_in_a_reflection(context: str, language: str) -> None:
    place = scene(context, language)
    assert place.choices
    assert place.asker.language == language
    assert place.open.question not in place.answers


RIGHT, ASKED, WRONG = Verdict.RIGHT, Verdict.ASKED, Verdict.WRONG


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (line("mostly", "rating", value=3), RIGHT),
        (line("mostly", "rating", value=4), WRONG),
        (line("8/10", "rating", value=4), ASKED),
        (line("mostly, but it was late", "rating_and_words", value=3), RIGHT),
        (line("mostly", "rating_and_words", value=3), WRONG),
        (line("mostly, but it was late", "rating", value=3), RIGHT),
        (line("3 or 4", "rating_range", values=[3, 4]), RIGHT),
        (line("mostly", "rating_range", values=[3, 4]), WRONG),
        (line("4", "rating", "snag", value=4), RIGHT),
        (line("skip", "skip"), RIGHT),
        (line("skip", "decline"), WRONG),
        (line("no comment", "decline"), RIGHT),
        (line("more time", "words", "wish"), RIGHT),
        (line("more time", "nonsense", "wish"), WRONG),
        (line("asdfgh", "nonsense", "wish"), RIGHT),
        (line("asdfgh", "words", "wish"), ASKED),
        (line("share", "share", "review"), RIGHT),
        (line("share", "keep_private", "review"), WRONG),
        (line("hm", "share", "review"), ASKED),
        (line("sí", "yes", "consent", lang="es"), RIGHT),
        (line("not now", "no", "consent"), RIGHT),
        (line("hm", "yes", "consent"), ASKED),
        (line("mayormente", "rating", lang="es", value=3), RIGHT),
        # What else is right.
        (line("8/10", "rating", value=4, accept=({"kind": "rating_range"},)), RIGHT),
        (line("mostly", "rating_range", accept=({"kind": "rating", "value": 3},)), RIGHT),
        (line("mostly", "rating_range", accept=({"kind": "rating", "value": 2},)), WRONG),
    ],
)
def test_an_answer_is_right_asked_back_or_wrong(entry: dict[str, Any], wanted: Verdict) -> None:
    assert judge(entry).verdict is wanted


@pytest.mark.parametrize(
    ("entry", "parsed", "wanted"),
    [
        (line("who reads it", "digression", name="who_sees"), {"intent": "ask_who_sees"}, RIGHT),
        (line("who reads it", "digression", name="human"), {"intent": "ask_who_sees"}, WRONG),
        (line("hm", "digression", name="human"), {}, ASKED),
        (line("hm, who reads it", "digression", name="who_sees"),
         {"guess": "ask_who_sees", "also": "ask_who_sees"}, RIGHT),
        (line("hm, who reads it", "digression", "review", name="who_sees"),
         {"guess": "ask_who_sees", "also": "ask_who_sees"}, ASKED),
        (line("she read it", "words", "wish"), {"intent": "ask_who_sees"}, WRONG),
        (line("she got it", "rating_range"), {"guess": "rated_mostly"}, RIGHT),
        (line("later", "digression", "consent", name="pause"), {"intent": "pause"}, WRONG),
        (line("finish this later", "digression", "consent", name="pause"), {"intent": "pause"},
         RIGHT),
        (line("very", "rating", value=4), {"choice": "heard.4"}, RIGHT),
        (line("go", "yes", "consent"), {"intent": "start", "choice": "menu.start"}, RIGHT),
        (line("she may see it", "share", "review"), {"guess": "share_all"}, ASKED),
        (line("she may not", "keep_private", "review"), {"guess": "keep_private"}, ASKED),
    ],
)  # fmt: skip
def test_what_the_model_makes_of_it_decides(
    entry: dict[str, Any], parsed: dict[str, Any], wanted: Verdict
) -> None:
    assert judge(entry, **parsed).verdict is wanted


@pytest.mark.parametrize(
    ("item", "value", "wanted"),
    [(None, None, RIGHT), ("safe", 4, RIGHT), ("safe", 2, WRONG), ("goals", 4, WRONG)],
)
def test_a_correction_is_right_when_item_and_value_are(
    item: str | None, value: int | None, wanted: Verdict
) -> None:
    more = {"item": item} | ({"value": value} if value else {})
    entry = line("make safe a 4", "digression", name="correct", **more)
    assert judge(entry, intent="correct").verdict is wanted
    # Taken for an answer, it is a correction all the same.
    assert judge(entry).verdict is wanted


def figures(*judged: Judged) -> dict[str, tuple[int, int]]:
    return {name: (share.count, share.of) for name, share in sheet.headlines(judged).items()}


def test_the_headlines_count_what_they_say() -> None:
    both = line("mostly. who reads it", "rating", value=3, also="who_sees")
    assert figures(
        judge(both, also="ask_who_sees"),
        judge(both),
        judge(line("8/10", "rating", value=4)),
        judge(line("mostly", "rating_and_words", value=4)),
        judge(line("mostly", "rating_range")),
        judge(line("who reads it", "digression", name="who_sees"), intent="ask_who_sees"),
        judge(line("who reads it", "digression", name="who_sees")),
        judge(line("she read it", "words", "wish"), intent="ask_who_sees"),
        judge(line("more time", "words", "open_text")),
        judge(line("he was late", "words"), intent="ask_who_sees"),
    ) == {
        "sure ratings read right": (2, 4),
        "ratings stored wrong, unasked": (2, 5),
        "digressions recognised": (1, 2),
        "answers to open questions taken for a digression": (1, 2),
        "second requests heard": (1, 2),
        "all lines wrong, unasked": (4, 10),
    }


def some() -> Evaluation:
    judged = (
        judge(line(SECRET, "rating", value=5), confidence=0.5),
        judge(line("mostly", "rating", value=3)),
        judge(line("del todo", "rating", lang="es", value=5)),
    )
    return Evaluation("m.tar.gz", judged, 1.25)


def test_no_text_is_in_the_output_unless_it_is_to_be_shown() -> None:
    assert "Odile" not in json.dumps(sheet.as_json(some()))
    assert "not_right" not in sheet.as_json(some())
    assert "Odile" not in sheet.as_text(some())
    [shown] = sheet.as_json(some(), show=True)["not_right"]  # type: ignore[misc]
    assert shown == {
        "place": "a.jsonl:1",
        "context": "heard",
        "text": SECRET,
        "expected": "kind rating, value 5",
        "got": "kind rating_and_words, value 3",
        "verdict": "wrong",
        "confidence": 0.5,
    }
    assert SECRET in sheet.as_text(some(), show=True)
    assert "'mostly'" not in sheet.as_text(some(), show=True)


def test_the_sheet_has_what_the_documents_name() -> None:
    found: Any = sheet.as_json(some())
    assert found.keys() == {
        "schema", "model", "seconds", "lines", "headlines", "by_kind", "by_context",
        "by_language", "by_digression",
    }  # fmt: skip
    assert found["headlines"].keys() == {"en", "es"}
    right = found["by_language"]["en"]["right"]
    assert (right["count"], right["of"], right["rate"]) == (1, 2, 0.5)
    assert right["interval"][0] < 0.5 < right["interval"][1]
    assert found["headlines"]["es"]["digressions recognised"]["rate"] is None
    documented = (PROJECT / "docs" / "understanding.md").read_text(encoding="utf-8")
    assert all(f"`{key}`" in documented for key in found.keys() - {"seconds"})


def environment(folder: Path, source: str) -> Path:
    """A Python that answers instead of Rasa's; it is called as `-m bot.understand MODEL`."""
    script = folder / "python"
    script.write_text(f"#!{sys.executable}\nimport json, sys\n{source}", encoding="utf-8")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


ANSWERS = """
for line in sys.stdin:
    asked = json.loads(line)
    assert asked.keys() == {"text", "expects", "choices"}, asked
    print(json.dumps({"intent": "answer", "choice": None, "guess": None, "also": None}))
"""


def test_lines_are_read_in_the_environment_of_the_model(tmp_path: Path) -> None:
    lines = read(line("mostly", "rating", value=3), line("¿qué?", "words", "wish", lang="es"))
    found = evaluate(lines, Path("m.tar.gz"), environment(tmp_path, ANSWERS))
    assert [one.verdict for one in found.judged] == [RIGHT, RIGHT]
    assert (found.model, [one.line for one in found.judged]) == ("m.tar.gz", lines)


@pytest.mark.parametrize(
    "source", ["sys.exit(1)", ANSWERS + "sys.exit(1)", f"sys.stderr.write({SECRET!r}); sys.exit(2)"]
)
def test_a_model_that_stops_is_told_in_one_sentence_without_a_text(
    tmp_path: Path, source: str
) -> None:
    lines = read(line(SECRET, "words"))
    with pytest.raises(EvaluationFailed, match="The model stopped after") as failed:
        evaluate(lines, Path("m.tar.gz"), environment(tmp_path, source))
    assert "Odile" not in str(failed.value)
    with pytest.raises(EvaluationFailed, match="run make setup"):
        evaluate(lines, Path("m.tar.gz"), tmp_path / "nothing here")


def command(folder: Path, *entries: object, more: tuple[str, ...] = ()) -> Any:
    file = folder / "lines.jsonl"
    file.write_text("\n".join(map(json.dumps, entries)), encoding="utf-8")
    script = str(environment(folder, ANSWERS))
    arguments = ["understanding", "evaluate", str(file), "--model", "m", "--environment", script]
    return CliRunner().invoke(cli, [*arguments, *more])


def test_the_command_prints_a_sheet_or_sentences(tmp_path: Path) -> None:
    entry = line(SECRET, "rating", value=5)
    said = command(tmp_path, entry)
    assert said.exit_code == 0
    assert said.stdout.startswith("Read 1 lines in ")
    printed = command(tmp_path, entry, more=("--json",))
    assert json.loads(printed.stdout)["lines"] == 1
    assert "Odile" not in said.output + printed.output
    assert "Odile" in command(tmp_path, entry, more=("--json", "--show")).stdout


def test_the_command_refuses_wrong_lines(tmp_path: Path) -> None:
    refused = command(tmp_path, *[line(SECRET, "grade")] * 25)
    assert refused.exit_code == 1
    assert "lines.jsonl:1: expected.kind" in refused.output
    assert "... and 5 more." in refused.output
    assert "Odile" not in refused.output
    missing = CliRunner().invoke(cli, ["understanding", "evaluate", str(tmp_path / "none")])
    assert missing.exit_code == 1
    assert "there is no such file" in missing.output
