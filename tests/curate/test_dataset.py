"""What a dataset promises: every link is accounted for, nothing twice, and recordings do not see one another."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from dougpt_curate import CurateSettings, assign_holdout, curate, curate_recordings
from dougpt_curate import gathering as gathering_module
from dougpt_schema import CHAT_EVENTS, LINKS, PROFILE, REJECTS, SAMPLES, UTTERANCES, ContractError, recording_id
from dougpt_schema.testing import tables
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True)
SEEDS = st.integers(0, 1000)
LOOSE = CurateSettings(min_confidence=0.2)


def of(table: pa.Table, recordings: set[str]) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if row["recording_id"] in recordings]


@given(names=NAMES, seed=SEEDS)
@settings(max_examples=15, deadline=None)
def test_every_accepted_link_is_kept_merged_or_rejected_exactly_once(
    make_recordings: Callable[..., Any], names: list[str], seed: int
) -> None:
    made = make_recordings(names, seed)

    found = curate(*made.tables, LOOSE)

    kept = [reply["event_id"] for row in found.samples.to_pylist() for reply in row["responses"]]
    merged = [copy["event_id"] for row in found.samples.to_pylist() for copy in row["merged"]]
    samples = set(found.samples["sample_id"].to_pylist())
    events = set(made.events["event_id"].to_pylist())
    rejected = [row["subject_id"] for row in found.rejects.to_pylist() if row["subject_id"] in events]
    accepted = [row["event_id"] for row in made.links.to_pylist() if row["accepted"]]
    assert sorted(kept + merged + rejected) == sorted(accepted)
    elsewhere = [row for row in found.rejects.to_pylist() if row["reason"] == "repeated_copypasta"]
    assert sum(reply["multiplicity"] for row in found.samples.to_pylist() for reply in row["responses"]) == len(
        kept + merged + elsewhere
    )
    assert not samples & {row["subject_id"] for row in found.rejects.to_pylist()}


@given(names=NAMES, seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_what_comes_out_keeps_its_contracts(make_recordings: Callable[..., Any], names: list[str], seed: int) -> None:
    found = curate(*make_recordings(names, seed).tables)

    SAMPLES.check(found.samples)
    REJECTS.check(found.rejects)
    PROFILE.check(found.profile)


@given(utterances=tables(UTTERANCES), events=tables(CHAT_EVENTS), links=tables(LINKS))
@settings(max_examples=25, deadline=None)
def test_any_tables_that_keep_their_contracts_give_a_dataset(
    utterances: pa.Table, events: pa.Table, links: pa.Table
) -> None:
    found = curate(utterances, events, links)

    assert found.report.links["total"] == links.num_rows


def test_no_rows_give_an_empty_dataset_that_says_so() -> None:
    found = curate(UTTERANCES.empty(), CHAT_EVENTS.empty(), LINKS.empty())

    assert (found.samples.num_rows, found.rejects.num_rows, found.profile.num_rows) == (0, 0, 0)
    assert any("no samples" in warning for warning in found.report.warnings)


@given(names=NAMES, seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_no_reply_of_a_rejected_link_is_in_a_sample(
    make_recordings: Callable[..., Any], names: list[str], seed: int
) -> None:
    made = make_recordings(names, seed)

    found = curate(*made.tables, LOOSE)

    refused = {row["event_id"] for row in made.links.to_pylist() if not row["accepted"]}
    assert not refused & {reply["event_id"] for row in found.samples.to_pylist() for reply in row["responses"]}


@given(names=NAMES, seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_within_a_turn_no_text_appears_twice(make_recordings: Callable[..., Any], names: list[str], seed: int) -> None:
    found = curate(*make_recordings(names, seed).tables, LOOSE)

    for row in found.samples.to_pylist():
        texts = Counter(reply["text"].lower() for reply in row["responses"])
        assert not [text for text, count in texts.items() if count > 1]


@given(names=NAMES, seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_a_recording_gives_the_same_samples_whatever_stands_beside_it(
    make_recordings: Callable[..., Any], names: list[str], seed: int
) -> None:
    splits = assign_holdout([{"recording_id": recording_id("test", name)} for name in names])
    alone = CurateSettings(copypasta_across=False)
    before = curate(*make_recordings(names, seed).tables, alone, holdout=splits)

    after = curate(*make_recordings([*names, "another", "one more"], seed).tables, alone, holdout=splits)

    recordings = set(splits)
    assert of(after.samples, recordings) == of(before.samples, recordings)
    assert of(after.rejects, recordings) == of(before.rejects, recordings)
    assert {name: after.report.holdout[name] for name in splits} == splits


@given(seed=SEEDS, shuffle=st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_and_recordings_makes_no_difference(
    make_recordings: Callable[..., Any], seed: int, shuffle: Any
) -> None:
    made = make_recordings(["a", "b", "c"], seed)
    shuffled = []
    for table in made.tables:
        order = list(range(table.num_rows))
        shuffle.shuffle(order)
        shuffled.append(table.take(order))

    one, two = curate(*made.tables), curate(*shuffled)

    assert one.samples.equals(two.samples)
    assert one.rejects.equals(two.rejects)
    assert one.report.to_dict() == two.report.to_dict()


def test_work_in_small_pieces_gives_the_same_dataset(
    make_recordings: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_recordings(list("abcdef"))
    whole = curate(*made.tables)
    monkeypatch.setattr(gathering_module, "ROWS_AT_ONCE", 1)

    pieces = curate(*made.tables)

    assert pieces.samples.equals(whole.samples)
    assert pieces.rejects.equals(whole.rejects)
    assert pieces.profile.equals(whole.profile)
    assert pieces.report == whole.report


@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_splits_are_disjoint_by_recording(make_recordings: Callable[..., Any], seed: int) -> None:
    found = curate(*make_recordings(list("abcdefghijklm"), seed).tables)

    splits: dict[str, set[str]] = {}
    for row in found.samples.to_pylist():
        splits.setdefault(row["recording_id"], set()).add(row["split"])
    assert all(len(found_splits) == 1 for found_splits in splits.values())
    assert Counter(found.report.holdout.values()) == {"train": 10, "test": 2, "validation": 1}


def test_the_profile_knows_nothing_of_what_is_held_out(make_recordings: Callable[..., Any]) -> None:
    train, test = recording_id("test", "a"), recording_id("test", "b")
    alone = curate(*make_recordings(["a"]).tables, holdout={train: "train"})

    both = curate(*make_recordings(["a", "b"]).tables, holdout={train: "train", test: "test"})

    assert both.profile.equals(alone.profile)


def test_a_holdout_may_name_recordings_that_are_gone(make_recordings: Callable[..., Any]) -> None:
    names = [recording_id("test", name) for name in ("a", "b")]

    found = curate(*make_recordings(["a", "b"]).tables, holdout={"gone": "test"} | dict.fromkeys(names, "train"))

    assert found.samples.num_rows
    assert list(found.report.holdout) == ["gone", *names]


def test_one_recording_alone_is_training_and_the_report_says_so(make_recordings: Callable[..., Any]) -> None:
    found = curate(*make_recordings(["a"]).tables)

    assert set(found.samples["split"].to_pylist()) == {"train"}
    assert any("no test split" in warning for warning in found.report.warnings)


def test_a_sample_keeps_its_id_when_other_links_or_settings_come(make_dialogue: Callable[..., Any]) -> None:
    few = make_dialogue(["what now?", "run"], [["left"], ["yes"]])
    more = make_dialogue(["what now?", "run"], [["left", "right"], ["yes"]])

    one, two = curate(*few.tables), curate(*more.tables, CurateSettings(context_s=0))

    assert one.samples["sample_id"].equals(two.samples["sample_id"])
    assert set(one.samples["links_fingerprint"].to_pylist()) != set(two.samples["links_fingerprint"].to_pylist())


def test_events_and_utterances_that_do_not_exist_are_rejected_with_their_reason(
    make_dialogue: Callable[..., Any],
) -> None:
    made = make_dialogue(["hello there"], [["hi", {"text": "hey", "link": {"utterance_id": 99}}]])
    events = made.events.filter([row["event_id"] != "0.0" for row in made.events.to_pylist()])

    found = curate(made.utterances, events, made.links)

    assert {row["subject_id"]: row["reason"] for row in found.rejects.to_pylist() if "." in row["subject_id"]} == {
        "0.0": "unknown_event",
        "0.1": "unknown_utterance",
    }
    assert "no_response_left" in found.rejects["reason"].to_pylist()


def test_a_reject_points_at_its_place_in_the_source(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["hello"], [["fine", {"text": "see www.example.com", "source_id": "f" * 16, "source_row": 7}]])

    (row,) = curate(*made.tables).rejects.to_pylist()

    assert (row["stage"], row["reason"], row["source_id"], row["source_row"]) == ("curate", "web_address", "f" * 16, 7)


def test_a_cap_on_replies_is_counted_with_the_copies(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["hello"], [["one", "two", "three", "three"]])

    found = curate(*made.tables, CurateSettings(max_responses=2))

    assert [reply["text"] for reply in found.samples["responses"][0].as_py()] == ["one", "two"]
    assert found.report.replies["rejected"] == {"over_cap": 2}


def test_a_table_that_breaks_its_contract_is_refused(make_dialogue: Callable[..., Any]) -> None:
    made = make_dialogue(["hello"], [["hi"]])
    twice = pa.concat_tables([made.links, made.links])

    with pytest.raises(ContractError, match=r"links .* not unique"):
        curate(made.utterances, made.events, twice)


def test_polars_frames_are_accepted(make_recordings: Callable[..., Any]) -> None:
    pl = pytest.importorskip("polars")
    made = make_recordings(["a", "b"])

    found = curate(*(pl.DataFrame(table) for table in made.tables))

    assert found.samples.equals(curate(*made.tables).samples)


def test_recordings_read_one_after_another_give_the_same_dataset(make_recordings: Callable[..., Any]) -> None:
    made = make_recordings(list("abcdef"), messages=60)
    names = sorted(set(made.utterances["recording_id"].to_pylist()))
    settings = CurateSettings(min_confidence=0.2, leak_words=1, leak_similarity=0.4)

    def read(name: str) -> tuple[pa.Table, ...]:
        return tuple(table.filter([row == name for row in table["recording_id"].to_pylist()]) for table in made.tables)

    whole, one_by_one = curate(*made.tables, settings), curate_recordings(names, read, settings)

    assert one_by_one.samples.equals(whole.samples)
    assert one_by_one.rejects.equals(whole.rejects)
    assert one_by_one.report == whole.report
    assert all(row["source_id"] for row in whole.rejects.to_pylist() if row["reason"] == "turn_rejected")
    assert whole.report.turns["rejected"].get("leaks")


def test_a_recording_that_holds_rows_of_another_is_refused(make_recordings: Callable[..., Any]) -> None:
    made = make_recordings(["a", "b"])

    with pytest.raises(ValueError, match="are some of"):
        curate_recordings([made.utterances["recording_id"][0].as_py()], lambda _: made.tables)
