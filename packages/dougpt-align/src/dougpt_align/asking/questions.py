"""What to ask next: random questions and instructive ones in a fixed proportion, wherever a person stops."""

from math import floor
from typing import Any

import numpy as np
import pyarrow as pa
from dougpt_schema import ArrowStream, AskedAs, Verdict

from dougpt_align.arrays import Ints
from dougpt_align.asking.drawing import chance, draw
from dougpt_align.asking.frame import Frame, read_frame
from dougpt_align.asking.settings import AskSettings
from dougpt_align.asking.teaching import by_value
from dougpt_align.standing import standing_labels

QUESTIONS = pa.schema(
    [
        pa.field("recording_id", pa.string(), nullable=False),
        pa.field("event_id", pa.string(), nullable=False),
        pa.field("asked_as", pa.string(), nullable=False),
        pa.field("stratum", pa.string(), nullable=False),
        pa.field("inclusion_probability", pa.float64(), nullable=False),
    ]
)


def questions(
    links: ArrowStream,
    candidates: ArrowStream,
    utterances: ArrowStream,
    chat_events: ArrowStream,
    *,
    labels: ArrowStream | None = None,
    settings: AskSettings | None = None,
    count: int = 50,
    seed: int = 0,
) -> pa.Table:
    """Return what to ask about one recording, in the order of asking; fewer than `count` where nothing else is left.

    Args:
        links: What `align` decided.
        candidates: What it weighed.
        utterances: What it was given.
        chat_events: What it was given.
        labels: Answers so far. What anybody has answered is not asked again, but for `settings.second_rater`.
        settings: Choices; the defaults are documented in `AskSettings`.
        count: How many questions.
        seed: Of the random ones. Keep it while a recording is labelled: the list then goes on where it was left.

    Returns:
        Columns recording_id, event_id, asked_as, stratum, inclusion_probability: that of being on the recording's
        list of random questions, of which these are the next ones; 1 for what was chosen to teach.

    Raises:
        ContractError: A table breaks its contract.
        ValueError: The tables are not of one alignment.
    """
    settings = settings or AskSettings()
    frame = read_frame(links, candidates, utterances, chat_events)
    given = standing_labels(labels, frame.recording_id)
    again = _again(frame, given, settings, seed)[:count]
    drawn = draw(frame, settings.random_size, seed)
    answered = _answered(frame, given)
    is_open = answered == NOT_ANSWERED
    listed = np.flatnonzero(is_open[drawn.rows_L])
    teaching = by_value(frame, is_open & ~drawn.kept_N, answered)
    rest = count - len(again)
    fresh = [
        _question(frame, int(drawn.rows_L[listed[place]]), AskedAs.RANDOM, float(drawn.inclusion_L[listed[place]]))
        if asked_as is AskedAs.RANDOM
        else _question(frame, int(teaching[place]), AskedAs.ACTIVE, 1.0)
        for asked_as, place in interleave(
            len(listed), len(teaching), settings.active_share, rest, after=int((~is_open).sum())
        )
    ]
    return pa.Table.from_pylist(again + fresh, schema=QUESTIONS)


def interleave(random: int, active: int, active_share: float, count: int, after: int = 0) -> list[tuple[AskedAs, int]]:
    """Which question comes when: `active_share` of every stretch are active, until one kind runs out.

    Args:
        random: How many random questions there are.
        active: How many instructive ones.
        active_share: The share of the latter.
        count: How many to ask.
        after: How many were answered before: one at a time gives the same order as all at once.
    """
    order: list[tuple[AskedAs, int]] = []
    done = {AskedAs.RANDOM: 0, AskedAs.ACTIVE: 0}
    left = {AskedAs.RANDOM: random, AskedAs.ACTIVE: active}
    for place in range(after, after + max(min(count, random + active), 0)):
        wants_active = floor((place + 1) * active_share + 1e-9) > floor(place * active_share + 1e-9)
        kind, other = (AskedAs.ACTIVE, AskedAs.RANDOM) if wants_active else (AskedAs.RANDOM, AskedAs.ACTIVE)
        kind = kind if done[kind] < left[kind] else other
        order.append((kind, done[kind]))
        done[kind] += 1
    return order


NOT_ANSWERED, SAID_UNSURE = -1, -2


def _answered(frame: Frame, given: list[dict[str, Any]]) -> Ints:
    """1 where the last answer is a reply, 0 where it is none; others stay unanswered, or are unsure."""
    places = frame.places()
    answered = np.full(len(frame.event_ids), NOT_ANSWERED, dtype=np.int64)
    meaning = {Verdict.REPLY.value: 1, Verdict.NOT_A_REPLY.value: 0, Verdict.UNSURE.value: SAID_UNSURE}
    for label in given:
        row = places.get(label["event_id"])
        if row is not None:
            answered[row] = meaning[label["verdict"]]
    return answered


def _again(frame: Frame, given: list[dict[str, Any]], settings: AskSettings, seed: int) -> list[dict[str, Any]]:
    """Others' random questions for the second rater, as they were asked; those already asked again count too."""
    rater, places = settings.second_rater, frame.places()
    mine = {label["event_id"] for label in given if label["rater"] == rater}
    theirs = {
        label["event_id"]: label
        for label in given
        if rater is not None
        and label["rater"] != rater
        and label["asked_as"] == AskedAs.RANDOM
        and label["event_id"] in places
    }
    names = sorted(theirs)
    order = [names[place] for place in np.argsort(chance(names, f"{seed} again"), kind="stable")]
    left = max(settings.repeats - len(mine & set(names)), 0)
    chosen = [name for name in order if name not in mine][:left]
    return [{name: theirs[event][name] for name in QUESTIONS.names} for event in chosen]


def _question(frame: Frame, row: int, asked_as: AskedAs, inclusion: float) -> dict[str, Any]:
    return {
        "recording_id": frame.recording_id,
        "event_id": frame.event_ids[row],
        "asked_as": asked_as.value,
        "stratum": str(frame.strata_N[row]),
        "inclusion_probability": inclusion,
    }
