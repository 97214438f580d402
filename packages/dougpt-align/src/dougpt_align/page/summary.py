"""The findings in sentences: what was accepted, how sure that is, and what to do next."""

from collections.abc import Iterator

from dougpt_schema.page.words import number, percent, plural

from dougpt_align.calibrate import MIN_LABELS
from dougpt_align.report import AlignReport
from dougpt_align.share import FEWEST_LABELS

ENOUGH_REPLIES = 200
RELATIONS = {
    "related": "Speech and chat belong together",
    "unrelated": "Speech and chat do not belong together",
    "unknown": "It cannot be told whether speech and chat belong together",
}
PINNED = {
    "default": "assumed, because {why} and there is no channel prior",
    "labels": "pinned by labels",
    "prior": "pinned by the channel's prior",
    "estimate": "estimated from the recording, because {why}",
}


def sentences(report: AlignReport, accepted_by_people: int) -> list[str]:
    """What was found, one thing a sentence."""
    return [
        _accepted(report, accepted_by_people),
        _belonging(report),
        _clock(report),
        _share(report),
        _precision(report),
    ]


def next_steps(report: AlignReport) -> list[str]:
    """What would make the result better or surer, the most pressing first; empty where nothing is known."""
    return list(_next_steps(report))


def _accepted(report: AlignReport, by_people: int) -> str:
    if not report.events:
        return "There is no chat, so there is nothing to link."
    if not report.utterances:
        return f"There is no speech, so none of {plural(report.events, 'chat event')} can be an answer to it."
    if not report.accepted:
        return f"None of {plural(report.events, 'chat event')} was accepted as an answer."
    share = percent(report.accepted / report.events)
    text = (
        f"{number(report.accepted)} of {plural(report.events, 'chat event')} ({share}) were accepted as answers to one"
        f" of {plural(report.utterances, 'utterance')}"
    )
    text += f": {number(by_people)} by people, the others" if by_people else ","
    return f"{text} with a probability of at least {number(report.threshold['probability'], 2)}."


def _belonging(report: AlignReport) -> str:
    facts = report.belonging
    relation = str(facts.get("relation", "unknown"))
    text = RELATIONS.get(relation, relation)
    if not facts.get("power"):
        return f"{text}: the test needs five minutes of both, and was not made."
    return (
        f"{text}: against copies of the chat shifted in time, shared words stand out by"
        f" {number(facts.get('words_z'), 1)} and timing by {number(facts.get('timing_z'), 1)} standard deviations."
    )


def _clock(report: AlignReport) -> str:
    pieces = report.clock
    if not pieces:
        return "Chat's clock was not looked for."
    offsets = sorted({piece.offset_ms for piece in pieces})
    if offsets == [0]:
        return "Chat's clock and the recording's are taken to be one; no offset was found."
    unsure = sum(piece.uncertain for piece in pieces)
    tail = f", {plural(unsure, 'stretch', 'stretches')} of it uncertain" if unsure else ""
    if len(pieces) == 1:
        return f"Chat's clock is {number(offsets[0] / 1000, 1)} s ahead of the recording's{tail}."
    return (
        f"Chat's clock is ahead of the recording's by {number(offsets[0] / 1000, 1)} to"
        f" {number(offsets[-1] / 1000, 1)} s, in {plural(len(pieces), 'stretch', 'stretches')}{tail}."
    )


def _share(report: AlignReport) -> str:
    share = report.share
    random = report.labels.get("random") or 0
    few = f"{plural(random, 'random label')} are too few to pin it, it takes {FEWEST_LABELS}"
    why = few if random else "no random labels pin it"
    how = PINNED.get(share.pinned_by, share.pinned_by).format(why=why)
    labels = f" ({plural(share.labels, 'label')} drawn at random)" if share.labels else ""
    return f"The share of ordinary messages that answer the streamer is {percent(share.value)}: {how}{labels}."


def _precision(report: AlignReport) -> str:
    threshold = report.threshold
    bound, seen = threshold.get("bound"), threshold.get("accepted_labels") or 0
    if threshold.get("certified"):
        return f"The precision is certified: at least {percent(bound)}, by {plural(seen, 'accepted label')}."
    random = report.labels.get("random") or 0
    if not random:
        return (
            "The precision is not certified, because nobody has labelled events drawn at random: on made recordings 6"
            " to 10 of 10 accepted links are right without labels, whatever their probability says."
        )
    if random < MIN_LABELS:
        return f"The precision is not certified: {plural(random, 'random label')} are too few; it takes {MIN_LABELS}."
    kept = f" {plural(seen, 'accepted label')} show at least {percent(bound)};" if bound is not None else ""
    missing = plural(threshold.get("missing") or 0, "more accepted label")
    return f"The precision is not certified:{kept} {missing} without an error would certify what was asked."


def _next_steps(report: AlignReport) -> Iterator[str]:
    relation = report.belonging.get("relation")
    if not report.events or not report.utterances:
        yield "Look at the reports of the stages before: one side is empty."
        return
    if relation == "unrelated":
        yield (
            "Check that this chat belongs to this recording. If it does, its clock may be off by more than the setting"
            " max_offset_ms allows: give anchors, which are events whose time in the recording is known."
        )
        return
    if relation == "unknown":
        yield "Read the examples below before using the links: the recording is too short or its chat too slow."
    if any(piece.uncertain for piece in report.clock):
        yield "Give anchors in the uncertain stretches of the clock; one event seen on screen settles a stretch."
    if not report.accepted:
        yield "Nothing was accepted: read the reasons below, and the examples of the commonest one."
    yield from _what_to_label(report)
    if report.accepted and report.accepted < ENOUGH_REPLIES and report.share.pinned_by != "prior":
        yield (
            "Fit a prior over several recordings of the channel (dougpt fit-channel): this one alone teaches little"
            " about lags."
        )


def _what_to_label(report: AlignReport) -> Iterator[str]:
    random = report.labels.get("random") or 0
    if random == 0:
        yield (
            "Label events drawn at random (dougpt review): 30 pin the share of answers, 50 calibrate the probabilities,"
            " and 59 accepted ones without an error certify a precision of 95 %."
        )
    elif random < MIN_LABELS:
        share = f"{FEWEST_LABELS} in all pin the share of answers, " if random < FEWEST_LABELS else ""
        more = plural(MIN_LABELS - random, "more event")
        yield f"Label {more} drawn at random: {share}{MIN_LABELS} calibrate the probabilities."
        yield "Go on after that: 59 accepted ones without an error certify a precision of 95 %."
    elif not report.threshold.get("certified"):
        missing = number(report.threshold.get("missing") or 0)
        yield (
            f"Label events drawn at random until {missing} more are accepted without an error: these certify what was"
            " asked."
        )
    if disputed := report.labels.get("disputed"):
        yield (
            f"Settle the {plural(len(disputed), 'message')} on which people disagree, listed under Labels; until more"
            " than half say the same they count for nothing. A third person decides: dougpt review --disputed --rater"
            " NAME."
        )
