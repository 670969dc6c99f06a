"""What is wrong with a change is said before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
from lines import add, move, remove, shipped

from afterword.settings import PROJECT
from afterword.training import changeset, corpus, model, project_folder
from afterword.training.changeset import MOST_FROM_ONE, ChangeSet, Shipped, Trouble

LABELS = ("stop", "help", "thanks", "answer")
LINES = shipped(
    ("please stop it now", "stop"), ("help me with this page", "help"), ("thank you", "thanks")
)


def look(
    *changes: object, earlier: tuple[object, ...] = (), held: tuple[str, ...] = ()
) -> ChangeSet:
    given = {"en": held} if held else {}
    return changeset.look(Shipped(LINES), earlier, changes, given, LABELS)  # type: ignore[arg-type]


def troubles(*changes: object, **more: tuple[object, ...]) -> list[set[str]]:
    return [{one.trouble for one in row.found} for row in look(*changes, **more).rows]  # type: ignore[arg-type]


def test_a_new_line_has_nothing_wrong_with_it() -> None:
    assert troubles(add("I would rather end here", "stop")) == [set()]


@pytest.mark.parametrize("text", ["please stop it now", "Please, stop it now!"])
def test_the_same_line_under_another_label_is_a_conflict(text: str) -> None:
    found = look(add(text, "thanks"))
    assert [one.trouble for one in found.rows[0].found] == [Trouble.CONFLICT]
    assert (found.rows[0].found[0].label, found.must_mend) == ("stop", found.rows)


def test_two_new_lines_conflict_with_each_other() -> None:
    assert troubles(add("that is it", "stop"), add("that is it", "help")) == [{"conflict"}] * 2


def test_a_line_that_is_moved_conflicts_with_nothing() -> None:
    found = look(move("please stop it now", "stop", "help"))
    assert found.rows[0].found == ()


def test_nearly_the_same_is_a_reason_to_look_again_and_no_more() -> None:
    under_another = look(add("please stop it now ok", "thanks"))
    assert [one.trouble for one in under_another.rows[0].found] == [Trouble.NEAR_OTHER]
    assert troubles(add("please stop it now ok", "stop")) == [{"near_same"}]
    assert under_another.must_mend == ()


def test_a_line_kept_apart_or_nearly_one_is_found() -> None:
    held = ("end the whole session here",)
    assert troubles(add("End the whole session, here.", "stop"), held=held) == [{"held_out"}]
    assert troubles(add("end the whole session here ok", "stop"), held=held) == [{"held_out"}]
    assert troubles(add("another thing", "stop"), held=held) == [set()]


def test_nobody_gives_more_than_so_many_lines_over_all_versions() -> None:
    texts = [f"{word} of the quiet morning" for word in "abcdefghijklmnop"]
    before = tuple(add(text, "stop", owner="one") for text in texts[: MOST_FROM_ONE - 1])
    more = [
        add("the last that fits", "stop", owner="one"),
        add("one too many", "stop", owner="one"),
    ]
    assert troubles(*more, earlier=before) == [set(), {"one_person"}]
    assert troubles(add("of another person", "stop", owner="two"), earlier=before) == [set()]


def test_what_is_gone_or_has_no_such_meaning_is_said() -> None:
    assert troubles(remove("never there", "stop")) == [{"stale"}]
    assert troubles(add("a line", "no_such")) == [{"unknown_label"}]


def test_counts_by_label_and_language_add_up() -> None:
    found = look(
        add("I would rather end here", "stop"),
        move("thank you", "thanks", "stop"),
        remove("help me with this page", "help"),
        add("quiero dejarlo", "stop", language="es"),
    )
    counts = {(one.language, one.label): (one.before, one.after) for one in found.tallies}
    assert counts == {
        ("en", "stop"): (1, 3),
        ("en", "thanks"): (1, 0),
        ("en", "help"): (1, 0),
        ("es", "stop"): (0, 1),
    }


def test_the_difference_reads_like_one() -> None:
    text = changeset.difference([move("thank you", "thanks", "stop")])
    assert text.splitlines() == [
        *("--- en/thanks", "-      - thank you"),
        *("+++ en/stop", "+      - thank you"),
    ]


class TestFolder:
    def test_without_changes_it_leads_to_the_shipped_model(self, tmp_path: Path) -> None:
        project_folder.lay(PROJECT, tmp_path / "a", [])
        assert model.fingerprint(PROJECT, tmp_path / "a") == model.fingerprint(PROJECT)

    def test_changes_are_in_the_data_that_are_trained(self, tmp_path: Path) -> None:
        moved = next(one for one in corpus.lines(PROJECT) if one.label == "ask_who_sees")
        changes = [
            add("a line [of] {ours}", "stop"),
            move(moved.text, "ask_who_sees", "help", moved.language),
        ]
        folder = tmp_path / "a"
        applied = project_folder.lay(PROJECT, folder, changes)
        there = {(one.text, one.label) for one in corpus.lines(folder)}
        assert ("a line of ours", "stop") in there, "marks would name a part of the line"
        assert (moved.text, "help") in there
        assert (moved.text, "ask_who_sees") not in there
        assert len(there) == len({(one.text, one.label) for one in applied.lines})
        assert model.fingerprint(PROJECT, folder) != model.fingerprint(PROJECT)

    def test_the_lines_are_those_that_yaml_reads(self) -> None:
        from ruamel.yaml import YAML

        path = PROJECT / "data" / "nlu" / "en" / "sharing.yml"
        blocks = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))["nlu"]
        expected = [
            (block["intent"], text.removeprefix("- ").strip())
            for block in blocks
            if "intent" in block
            for text in block["examples"].splitlines()
        ]
        own = [one for one in corpus.lines(PROJECT) if one.file.endswith("en/sharing.yml")]
        assert [(one.label, one.text) for one in own] == expected
