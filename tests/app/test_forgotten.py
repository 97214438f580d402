"""A forgotten person is left out of every recording, but for those in which they are known to be nowhere."""

from pathlib import Path

import pytest
from dougpt.forgotten import Forgotten, forgotten_json, read_forgotten
from dougpt.workspace import WorkspaceError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = st.sampled_from("abcdef")
ABSENCES = st.dictionaries(st.sampled_from(("r1", "r2", "r3")), st.sampled_from(("old", "new")))
HISTORIES = st.lists(st.tuples(NAMES, ABSENCES), max_size=8)


def told(history: list[tuple[str, dict[str, str]]]) -> Forgotten:
    found = Forgotten()
    for author, nowhere in history:
        found = found.with_absence(author, nowhere)
    return found


@given(HISTORIES, NAMES, ABSENCES)
def test_only_who_is_known_to_be_nowhere_in_what_this_recipe_made_is_not_left_out_of_it(
    history: list[tuple[str, dict[str, str]]], author: str, nowhere: dict[str, str]
) -> None:
    before = told(history)
    after = before.with_absence(author, nowhere)

    assert after.authors == before.authors | {author}
    for recording in ("r1", "r2", "r3"):
        for recipe in ("old", "new"):
            left_out, known = after.left_out_of(recording, recipe), before.left_out_of(recording, recipe)
            if nowhere.get(recording) == recipe:
                assert left_out == known - {author}
            elif recording in nowhere:  # read anew by another recipe, of which nothing else is known
                assert left_out == after.authors
            else:
                assert left_out >= known
            assert after.left_out_of("r4", recipe) == after.authors


@given(HISTORIES, st.dictionaries(NAMES, st.frozensets(NAMES, min_size=1)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back(
    tmp_path: Path, history: list[tuple[str, dict[str, str]]], known: dict[str, frozenset[str]]
) -> None:
    found = told(history)
    for author, hashes in known.items():
        found = found.with_names(author, hashes)
    (tmp_path / "forgotten.json").write_bytes(forgotten_json(found))

    assert read_forgotten(tmp_path / "forgotten.json") == found


def test_a_list_of_before_there_were_absences_leaves_everybody_out(tmp_path: Path) -> None:
    path = tmp_path / "forgotten.json"
    path.write_text('{"authors": ["a", "b"]}')

    assert read_forgotten(path).left_out_of("r1", "new") == {"a", "b"}


@pytest.mark.parametrize(
    "text",
    [
        '{"authors": [1]}',
        '{"authors": [], "absent": []}',
        '{"authors": [], "absent": {"r1": 1}}',
        '{"authors": [], "absent": {"r1": {"recipe": "x"}}}',
        '{"authors": [], "absent": {"r1": {"recipe": 1, "authors": []}}}',
        '{"authors": [], "names": []}',
        '{"authors": [], "names": {"a": 1}}',
        '{"authors": [], "names": {"a": [1]}}',
    ],
)
def test_a_damaged_list_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "forgotten.json"
    path.write_text(text)

    with pytest.raises(WorkspaceError, match=r"forgotten\.json: damaged"):
        read_forgotten(path)
