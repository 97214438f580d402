"""What more than half of the people say counts, whoever they are; one person, or two of one mind, decide as before."""

from typing import Any

import pytest
from dougpt_align import align
from dougpt_align.disputes import disputes
from dougpt_align.majority import decide
from dougpt_schema import LABELS, LinkReason
from hypothesis import given
from hypothesis import strategies as st

VERDICTS = st.lists(st.sampled_from(("reply", "not_a_reply", "unsure")), max_size=7)
SPANS = ((0, 1000), (5000, 6000), (9000, 9500))


def answer(number: int, verdict: str, span: tuple[int, int] | None = None) -> dict[str, Any]:
    start, end = span if span is not None and verdict == "reply" else (None, None)
    return {"rater": f"r{number}", "verdict": verdict, "utterance_start_ms": start, "utterance_end_ms": end}


@given(VERDICTS)
def test_more_than_half_of_those_who_are_sure_decide(verdicts: list[str]) -> None:
    sure = [one for one in verdicts if one != "unsure"]
    found = decide([answer(place, verdict) for place, verdict in enumerate(verdicts)])

    ahead = [one for one in ("reply", "not_a_reply") if 2 * sure.count(one) > len(sure)]
    assert [found.answer["verdict"]] == ahead if found is not None else not ahead
    if found is not None:
        assert found.share == sure.count(ahead[0]) / len(sure) > 0.5


@given(st.lists(st.sampled_from(SPANS), min_size=1, max_size=5), st.randoms())
def test_the_speech_that_most_name_counts_in_whatever_order_they_came(spans: list[Any], rng: Any) -> None:
    counts = {span: spans.count(span) for span in spans}
    most = {span for span in counts if counts[span] == max(counts.values())}
    rng.shuffle(spans)

    found = decide([answer(place, "reply", span) for place, span in enumerate(spans)])

    assert found is not None
    span = (found.answer["utterance_start_ms"], found.answer["utterance_end_ms"])
    assert span in most
    assert span == [one for one in spans if one in most][-1]
    assert found.share == 1
    assert found.on_speech == (2 * counts[span] <= len(spans) and len(counts) > 1)


@pytest.mark.parametrize(
    ("said", "on_speech"),
    [
        (("reply", "not_a_reply"), False),
        ((SPANS[0], SPANS[1]), True),
        (("reply", "reply", "not_a_reply", "not_a_reply"), False),
        ((SPANS[0], SPANS[1], SPANS[2]), True),
        (("reply", "not_a_reply", "reply"), None),
        ((SPANS[0], SPANS[1], SPANS[0]), None),
        (("reply", "unsure"), None),
    ],
)
def test_what_no_majority_decided_is_disputed(said: tuple[Any, ...], on_speech: bool | None) -> None:
    spans = [(verdict, None) if isinstance(verdict, str) else ("reply", verdict) for verdict in said]
    drawn = {"recording_id": "r", "event_id": "e", "asked_as": "random", "stratum": "all", "blind": True}
    rows = [
        answer(place, *one) | drawn | {"label_id": f"{place}", "inclusion_probability": 0.5, "at_order": place}
        for place, one in enumerate(spans)
    ]

    assert [one.on_speech for one in disputes(LABELS.table(rows))] == ([] if on_speech is None else [on_speech])


def test_two_of_three_decide_a_link_and_their_share_is_how_sure_it_is(made: Any, label: Any) -> None:
    both = [row for row in range(len(made.parents)) if made.parents[row] >= 0][:2]
    right = label(made, both).to_pylist()
    wrong = [row | {"verdict": "not_a_reply", "utterance_start_ms": None, "utterance_end_ms": None} for row in right]
    said = {"ann": right[0], "ben": wrong[0], "cat": right[0], "dan": right[1], "eve": wrong[1], "fay": wrong[1]}
    rows = [
        row | {"rater": rater, "label_id": rater, "at_order": place} for place, (rater, row) in enumerate(said.items())
    ]

    found = align(made.utterances, made.chat_events, labels=LABELS.table(rows))

    links = {row["event_id"]: row for row in found.links.to_pylist()}
    kept, refused = (links[row["event_id"]] for row in right)
    assert (kept["accepted"], kept["decided_by"], kept["probability"]) == (
        True,
        "label",
        pytest.approx(2 / 3, abs=1e-4),
    )
    assert (refused["accepted"], refused["reason"]) == (False, LinkReason.LABELLED_NO_REPLY)
    assert refused["background"] == pytest.approx(2 / 3, abs=1e-4)
    assert (found.report.labels["disputed"], found.report.labels["by_majority"]) == ([], 2)

    two = align(made.utterances, made.chat_events, labels=LABELS.table(rows[:2]))
    assert (two.report.labels["used"], len(two.report.labels["disputed"])) == (0, 1)


@given(st.lists(st.tuples(st.sampled_from(("reply", "not_a_reply")), st.sampled_from((*SPANS, None))), max_size=2))
def test_of_one_person_or_two_of_one_mind_the_last_answer_counts_whole(said: list[Any]) -> None:
    answers = [answer(place, *one) for place, one in enumerate(said)]

    found = decide(answers)

    if len({one["verdict"] for one in answers}) == 1:
        assert found is not None
        assert (found.answer, found.share) == (answers[-1], 1)
    else:
        assert found is None
