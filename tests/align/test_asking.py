"""What is asked keeps estimates unbiased wherever a person stops, and what labels buy is told as it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import align
from dougpt_align.aligner import Alignment
from dougpt_align.asking import AskSettings, questions, worth
from dougpt_align.asking.drawing import draw
from dougpt_align.asking.frame import Frame, read_frame
from dougpt_align.asking.questions import interleave
from dougpt_align.labelled_share import estimate_from_labels, interval
from dougpt_align.labels import settle_rows
from dougpt_align.scene import read_speech
from dougpt_schema import CHAT_EVENTS, LABELS, UTTERANCES, AskedAs
from hypothesis import given, settings
from hypothesis import strategies as st

type Make = Callable[..., Any]
EVENTS, DRAWS = 700, 80
STRATA = [f"{rate} chat, {kind} message, {score} reply" for rate in ("slow", "busy") for kind in ("short", "long")
          for score in ("unlikely", "open", "likely")]  # fmt: skip


@pytest.fixture(scope="module")
def aligned(made: Any) -> Alignment:
    return align(made.utterances, made.chat_events)


@pytest.fixture(scope="module")
def learned(aligned: Alignment, made: Any, label: Make) -> tuple[pa.Table, Alignment]:
    """Labels to 300 questions, and what was learned from them."""
    labels = answer(made, label, ask(made, aligned, count=300))
    return labels, align(made.utterances, made.chat_events, labels=labels)


def ask(made: Any, aligned: Alignment, **more: Any) -> pa.Table:
    return questions(aligned.links, aligned.candidates, made.utterances, made.chat_events, **more)


def answer(made: Any, label: Make, asked: pa.Table, rater: str = "r", start: int = 0) -> pa.Table:
    """True labels to what was asked."""
    rows = {name: row for row, name in enumerate(made.chat_events["event_id"].to_pylist())}
    given = label(made, [rows[name] for name in asked["event_id"].to_pylist()]).to_pylist()
    return LABELS.table(
        one | question | {"rater": rater, "label_id": f"{rater}{start + place:05d}", "at_order": start + place}
        for place, (one, question) in enumerate(zip(given, asked.to_pylist(), strict=True))
    )


def make_frame(name: str, rng: np.random.Generator) -> tuple[Frame, np.ndarray]:
    """Events whose score goes with being a reply, and which of them are replies."""
    strata = np.array(STRATA, dtype=object)[rng.choice(len(STRATA), EVENTS, p=np.arange(1, 13) / 78)]
    odds = {"unlikely": 0.05, "open": 0.5, "likely": 0.9}
    is_reply = rng.random(EVENTS) < np.array([odds[stratum.split()[-2]] for stratum in strata])
    none = np.zeros(EVENTS)
    texts = pa.array([""] * EVENTS)
    ids = tuple(f"{name}-{row}" for row in range(EVENTS))
    return Frame("r", ids, texts, none, none, none, none.astype(np.int64), strata, 0.9), is_reply


def estimate(frame: Frame, rows: np.ndarray, inclusion: np.ndarray, is_reply: np.ndarray) -> Any:
    given = [
        {"label_id": "l", "event_id": frame.event_ids[row], "verdict": "reply" if is_reply[row] else "not_a_reply",
         "utterance_start_ms": None, "utterance_end_ms": None, "utterance_text": None, "asked_as": "random",
         "inclusion_probability": float(chance), "stratum": str(frame.strata_N[row])}
        for row, chance in zip(rows, inclusion, strict=True)
    ]  # fmt: skip
    return estimate_from_labels(settle_rows(given, frame.places(), read_speech(UTTERANCES.empty())))


def test_the_whole_list_estimates_the_share_without_bias_and_so_does_every_part_of_it() -> None:
    rng = np.random.default_rng(7)
    whole, part, covered = [], [], 0
    for number in range(DRAWS):
        frame, is_reply = make_frame(f"{number}", rng)
        drawn = draw(frame, 200, number)
        share = is_reply.mean()
        horvitz_thompson = float((is_reply[drawn.rows_L] / drawn.inclusion_L).sum()) / EVENTS
        whole.append(horvitz_thompson - share)
        found = estimate(frame, drawn.rows_L[:60], drawn.inclusion_L[:60], is_reply)
        part.append(found.value - share)
        covered += found.low <= share <= found.high

    for errors in (np.array(whole), np.array(part)):
        assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(DRAWS)
    assert np.std(whole) < 0.03
    assert covered >= 0.92 * DRAWS


def test_replies_drawn_more_often_would_bias_the_plain_mean() -> None:
    frame, is_reply = make_frame("plain", np.random.default_rng(7))

    drawn = draw(frame, 200, 0)

    assert is_reply[drawn.rows_L].mean() > is_reply.mean() + 0.1


@given(seed=st.integers(0, 2**32), size=st.integers(0, 900))
@settings(max_examples=25)
def test_inclusion_is_what_was_drawn_of_each_stratum(seed: int, size: int) -> None:
    frame, _ = make_frame("inclusion", np.random.default_rng(3))

    drawn = draw(frame, size, seed)

    assert len(set(drawn.rows_L.tolist())) == len(drawn.rows_L)
    assert drawn.kept_N[drawn.rows_L].all()
    for stratum in STRATA:
        members = frame.strata_N == stratum
        mine = members[drawn.rows_L]
        assert mine.sum() >= 1
        assert drawn.inclusion_L[mine] == pytest.approx(mine.sum() / members.sum())
        # Every part of the list holds each stratum's share of it, to one.
        wanted = np.arange(1, len(mine) + 1) * mine.sum() / len(mine)
        assert np.abs(np.cumsum(mine) - wanted).max() <= len(STRATA)


def test_which_half_is_kept_for_random_questions_hangs_on_no_seed() -> None:
    frame, _ = make_frame("half", np.random.default_rng(3))
    one, two = draw(frame, 100, 1), draw(frame, 100, 2)

    assert np.array_equal(one.kept_N, two.kept_N)
    assert set(one.rows_L.tolist()) != set(two.rows_L.tolist())


@given(
    random=st.integers(0, 40), active=st.integers(0, 40), share=st.sampled_from([0.0, 0.25, 0.5, 0.7, 1.0]),
    after=st.integers(0, 9),
)  # fmt: skip
def test_wherever_one_stops_both_kinds_have_their_share(random: int, active: int, share: float, after: int) -> None:
    order = interleave(random, active, share, 100, after)

    assert len(order) == random + active
    both_left = next((n for n in range(len(order)) if order[:n].count((AskedAs.RANDOM, random - 1))
                      or order[:n].count((AskedAs.ACTIVE, active - 1))), len(order))  # fmt: skip
    for n in range(min(both_left, random, active)):
        assert abs(sum(kind is AskedAs.ACTIVE for kind, _ in order[:n]) - share * n) <= 1
    kinds = [kind for kind, _ in order[: min(both_left, random, active)]]
    one_by_one = [interleave(random, active, share, 1, after + n)[0][0] for n in range(len(kinds))]
    assert kinds == one_by_one


def test_questions_are_the_same_for_a_seed_and_go_on_where_they_were_left(
    aligned: Alignment, made: Any, label: Make
) -> None:
    first = ask(made, aligned, count=40)
    labels = answer(made, label, first.slice(0, 25))

    rest = ask(made, aligned, count=15, labels=labels)

    assert first.equals(ask(made, aligned, count=40))
    random = first.filter(pa.compute.equal(first["asked_as"], "random"))["event_id"].to_pylist()
    goes_on = rest.filter(pa.compute.equal(rest["asked_as"], "random"))["event_id"].to_pylist()
    assert goes_on[: len(random) - 13] == random[13:]
    assert not set(rest["event_id"].to_pylist()) & set(labels["event_id"].to_pylist())


def test_labels_that_were_learned_from_do_not_change_what_may_be_drawn(
    aligned: Alignment, learned: tuple[pa.Table, Alignment], made: Any
) -> None:
    labels, found = learned
    before = read_frame(aligned.links, aligned.candidates, made.utterances, made.chat_events)
    after = read_frame(found.links, found.candidates, made.utterances, made.chat_events)

    taught = set(labels.filter(pa.compute.equal(labels["asked_as"], "active"))["event_id"].to_pylist())
    drawn = draw(after, 400, 0)
    listed = {after.event_ids[row] for row in drawn.rows_L.tolist()}
    assert after.event_ids == before.event_ids
    assert not listed & taught
    # What a person decided leaves the model's own score, by which events are drawn, what it was: no 0 and no 1.
    asked = [after.places()[event] for event in labels["event_id"].to_pylist()]
    assert np.unique(after.probability_N[asked]).size > 150


def test_only_what_could_be_a_reply_is_asked_and_taken_back_answers_are_asked_again(
    make: Make, new_event: Make, label: Make
) -> None:
    made = make(2, minutes=6)
    odd = [new_event(f"x{kind}", 1000, "hi", kind=kind) for kind in ("notice", "bot", "command", "deleted")]
    odd += [new_event("xreply", 1000, "hi", reply_to="e000001"), new_event("xaction", 1000, "hi", kind="action")]
    events = CHAT_EVENTS.table(made.chat_events.to_pylist() + odd)
    found = align(made.utterances, events)

    def asked(labels: pa.Table | None = None) -> list[str]:
        return questions(found.links, found.candidates, made.utterances, events, labels=labels, count=9999)[
            "event_id"
        ].to_pylist()

    assert {name for name in asked() if name.startswith("x")} == {"xaction"}
    mine = label(made, [5]).to_pylist()[0]
    undo = mine | {"label_id": "undo", "verdict": "unsure", "utterance_start_ms": None, "utterance_end_ms": None,
                   "utterance_text": None, "undoes": mine["label_id"], "at_order": 1}  # fmt: skip
    assert mine["event_id"] not in asked(LABELS.table([mine]))
    assert mine["event_id"] in asked(LABELS.table([mine, undo]))


def test_a_second_rater_is_asked_others_random_questions_again_and_no_more_than_that(
    aligned: Alignment, made: Any, label: Make
) -> None:
    first = answer(made, label, ask(made, aligned, count=60))
    asking = AskSettings(second_rater="two", repeats=20)

    asked = ask(made, aligned, count=30, labels=first, settings=asking)

    kinds = dict(zip(first["event_id"].to_pylist(), first["asked_as"].to_pylist(), strict=True))
    again = [row for row in asked.to_pylist() if row["event_id"] in kinds]
    assert [row["event_id"] for row in asked.to_pylist()[:20]] == [row["event_id"] for row in again]
    assert len(again) == 20
    assert {kinds[row["event_id"]] for row in again} == {"random"}
    both = LABELS.sort(pa.concat_tables([first, answer(made, label, asked.slice(0, 20), "two", 60)]))
    later = ask(made, aligned, count=30, labels=both, settings=asking)
    assert not set(later["event_id"].to_pylist()) & set(kinds)


@pytest.mark.parametrize("wrong", [{"active_share": 1.5}, {"random_size": -1}, {"repeats": -1}])
def test_settings_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AskSettings(**wrong)


def test_tables_of_two_alignments_are_refused(aligned: Alignment, made: Any) -> None:
    with pytest.raises(ValueError, match="not of one alignment"):
        questions(aligned.links.slice(1), aligned.candidates, made.utterances, made.chat_events)
    with pytest.raises(ValueError, match="not of one alignment"):
        questions(aligned.links, aligned.candidates, made.utterances.slice(0, 3), made.chat_events)


def test_labels_to_what_was_asked_find_the_share_of_the_recording(
    learned: tuple[pa.Table, Alignment], made: Any
) -> None:
    labels, found = learned[0], learned[1].report

    share = float((made.parents >= 0).mean())
    assert labels["asked_as"].to_pylist().count("random") == 150
    assert found.share.low is not None
    assert found.share.high is not None
    assert found.share.low < share < found.share.high < found.share.low + 0.2
    assert found.share.low < found.share.value < found.share.high


def test_what_labels_buy_is_told_from_the_first_to_the_last(aligned: Alignment, made: Any, label: Make) -> None:
    asked = ask(made, aligned, count=600, settings=AskSettings(active_share=0.0))
    everything = answer(made, label, asked)

    told = [
        worth(
            aligned.links,
            LABELS.sort(everything.slice(0, number)),
            candidates=aligned.candidates,
            utterances=made.utterances,
            chat_events=made.chat_events,
        )
        for number in (0, 20, 40, 110, 400)
    ]

    none, few, some, many, most = told
    assert "30 more random labels pin the share" in none.sentence
    assert "10 more random labels pin the share" in few.sentence
    assert "10 more random labels tell how precise" in some.sentence
    assert [one.bound is None for one in told] == [True, True, True, False, False]
    assert few.half_width is not None
    assert many.half_width is not None
    assert most.half_width is not None
    assert few.half_width > many.half_width > most.half_width
    assert many.half_width_after is not None
    assert many.half_width_after < many.half_width
    assert many.bound_after is not None
    assert many.bound is not None
    assert [one.moves for one in told] == [True, True, True, True, False]
    assert most.random == 400
    assert "would change neither" in most.sentence


@given(st.floats(0.02, 0.98), st.floats(2, 500), st.floats(1.1, 5))
def test_intervals_hold_their_share_and_narrow_with_labels(value: float, labels: float, times: float) -> None:
    low, high = interval(value, labels)
    closer = interval(value, labels * times)

    assert 0 <= low <= value <= high <= 1
    assert closer[1] - closer[0] < high - low
