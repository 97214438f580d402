"""`align`: the terms put together, in the order in which they need each other.

scene -> offset path -> candidates and marks -> belonging -> attribution -> labels -> decision -> tables.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from dougpt_schema import ArrowStream, ChatKind, LinkReason
from numpy.typing import NDArray

from dougpt_align.arrays import Bools
from dougpt_align.asking.worth import expect
from dougpt_align.attribution import Parameters, Posterior
from dougpt_align.belonging import Belonging, Relation
from dougpt_align.calibrate import Calibrator, Threshold
from dougpt_align.channel import read_prior
from dougpt_align.decide import NONE, REASONS, Best, best_parents, decide, find_bursts
from dougpt_align.effect import View, compare
from dougpt_align.fits import Fits, starting_point
from dougpt_align.labels import Labels, settle
from dougpt_align.outcome import Outcome, candidates_table, clock_table, links_table
from dougpt_align.prepared import Prepared, in_gaps, prepare, read_anchors, read_clock
from dougpt_align.ragged import look_up
from dougpt_align.read_aloud import find_read_aloud
from dougpt_align.report import AlignReport, Findings, write_report
from dougpt_align.scene import read_scene
from dougpt_align.settings import AlignSettings
from dougpt_align.share import Share
from dougpt_align.supervise import Learned, checked_answers, choose_threshold, supervise


@dataclass(frozen=True, slots=True)
class Alignment:
    """What `align` returns: links (a row an event), candidates (a row a pair), clock, and the report."""

    links: pa.Table
    candidates: pa.Table
    clock: pa.Table
    report: AlignReport


def align(
    utterances: ArrowStream,
    chat_events: ArrowStream,
    settings: AlignSettings | None = None,
    *,
    labels: ArrowStream | None = None,
    anchors: ArrowStream | None = None,
    gaps: ArrowStream | None = None,
    prior: ArrowStream | None = None,
    clock: ArrowStream | None = None,
) -> Alignment:
    """Link each chat event of one recording to the utterance that it answers, or say why not.

    Args:
        utterances: An `utterances` table of one recording.
        chat_events: A `chat_events` table of the same recording.
        settings: Choices; the defaults are documented in `AlignSettings`.
        labels: People's decisions. They stand (`decided_by` is `label`); those drawn at random pin the share
            of replies when there are 30, and calibrate probabilities and threshold when there are 50. The report
            then tells the figures without them, too.
        anchors: Events whose time on the recording's clock is known; they outrank shared words.
        gaps: Stretches of the recording that cannot be heard; what would answer them is `cut`.
        prior: What `fit_channel` learned of the channel.
        clock: A known map of chat's clock, as `edit_map` finds it; events outside of it are `cut`.

    Raises:
        ContractError: A table breaks its contract or holds several recordings.
    """
    settings = settings or AlignSettings()
    scene = read_scene(utterances, chat_events, settings)
    channel = None if prior is None else read_prior(prior)
    start = starting_point(settings) if channel is None else channel.parameters
    given = None if clock is None else read_clock(clock, scene.chat.recording_id)
    prepared = prepare(scene, settings, start.kernel, read_anchors(anchors, scene), given)
    settled = settle(labels, scene)
    found, effect = _with_and_without(
        Fits(prepared, settings, channel, start), settled, partial(_unheard, gaps, prepared)
    )
    checked = checked_answers(prepared, found.learned, found.refused_E)
    outcome = _with_labels(found.outcome, settled)
    time_P, content_P = _scores(prepared, found.fitted)
    prepared = prepared.without_evidence()
    findings = Findings(
        prepared=prepared,
        outcome=outcome,
        fitted=found.fitted,
        share=found.share,
        belonging=found.belonging,
        learned=found.learned,
        threshold=found.threshold,
        labels=settled,
        worth=expect(settled.among(prepared.rows), checked, settings),
        effect=effect,
    )
    return Alignment(
        links=links_table(prepared, outcome, is_certified=found.threshold.certified),
        candidates=candidates_table(prepared, found.learned.link_P, time_P, content_P),
        clock=clock_table(prepared),
        report=write_report(findings),
    )


@dataclass(frozen=True, slots=True)
class _Decided:
    """What comes out with some labels, or without any; people's own decisions are not yet laid over it."""

    share: Share
    belonging: Belonging
    fitted: Posterior
    learned: Learned
    threshold: Threshold
    refused_E: Bools
    outcome: Outcome

    @property
    def view(self) -> View:
        return View(
            self.learned.link_P, self.refused_E, self.threshold, self.share, int(self.outcome.is_accepted.sum())
        )


def _with_and_without(
    fits: Fits, labels: Labels, unheard: Callable[[Parameters], Bools]
) -> tuple[_Decided, dict[str, Any] | None]:
    """What comes out, and what labels have changed of it; where there are none, nothing is done twice."""
    found = _decide(fits, labels, unheard)
    if not len(labels.event_L):
        return found, None
    before = _decide(fits, labels.none(), unheard)
    return found, compare(fits.prepared, found.learned.answers, before.view, found.view)


def _decide(fits: Fits, labels: Labels, unheard: Callable[[Parameters], Bools]) -> _Decided:
    prepared, settings, channel = fits.prepared, fits.settings, fits.channel
    belonging = _belonging(prepared, labels)
    share, fitted = fits.settle(labels, belonging)
    learned = supervise(prepared, fitted, labels, Calibrator() if channel is None else channel.calibrator)
    # The raw posterior has served; of a million events it is a tenth of the memory that the tables need.
    fitted = replace(fitted, link_P=np.empty(0))
    best = best_parents(prepared.pairs, learned.link_P)
    rejected = _rejected(prepared, best, belonging, unheard(fitted.parameters))
    refused_E = np.any(list(rejected.values()), axis=0)[prepared.rows]
    threshold = choose_threshold(prepared, learned, refused_E, settings)
    outcome = _outcome(prepared, best, learned, threshold, rejected)
    return _Decided(share, belonging, fitted, learned, threshold, refused_E, outcome)


def _unheard(gaps: ArrowStream | None, prepared: Prepared, parameters: Parameters) -> Bools:
    """Events that would answer what cannot be heard, at the usual lag."""
    typical_ms = round(1000 * parameters.kernel.quantile(0.5))
    return in_gaps(gaps, prepared.scene.chat.recording_id, prepared.time_ms - typical_ms)


def _belonging(prepared: Prepared, labels: Labels) -> Belonging:
    """The test of belonging; a person who found a reply has settled it."""
    if (labels.parent_L >= 0).any():
        return replace(prepared.belonging, relation=Relation.RELATED)
    return prepared.belonging


def _rejected(prepared: Prepared, best: Best, belonging: Belonging, unheard: Bools) -> dict[LinkReason, Bools]:
    """Which events each reason rejects whatever their probability; over all events of the table."""
    chat, rows = prepared.scene.chat, prepared.rows
    kinds = {
        LinkReason.DELETED: ChatKind.DELETED,
        LinkReason.NOTICE: ChatKind.NOTICE,
        LinkReason.BOT: ChatKind.BOT,
        LinkReason.COMMAND: ChatKind.COMMAND,
    }
    rejected = {reason: chat.is_kind(kind) for reason, kind in kinds.items()}
    apart = belonging.relation is Relation.UNRELATED
    counts = np.diff(prepared.pairs.ptr)
    has = best.pair_E >= 0
    pair = np.maximum(best.pair_E, 0)
    parent_start = np.full(len(rows), np.nan)
    has_content = np.zeros(len(rows), dtype=np.bool_)
    if len(prepared.shared_P):
        # On chat's own clock, the only one on which events are in order: an edit may put pieces elsewhere.
        shift_ms = (chat.at_ms - prepared.time_ms)[rows[has]]
        start_ms = prepared.scene.speech.start_ms[prepared.pairs.parent_P[pair[has]]]
        parent_start[has] = (start_ms + shift_ms) / 1000.0
        has_content = has & (prepared.shared_P[pair] > 0)
    read = find_read_aloud(prepared.scene, rows, prepared.time_ms[rows], prepared.pairs, prepared.shared_P)
    bursts = find_bursts(chat.at_ms[rows] / 1000.0, parent_start, has_content)
    return rejected | {
        LinkReason.SHARED_CHAT: chat.foreign,
        LinkReason.UNRELATED: np.full(len(chat.ids), apart),
        LinkReason.CLOCK_UNCERTAIN: prepared.uncertain,
        LinkReason.CUT: prepared.off_clock | unheard,
        LinkReason.NO_SPEECH_IN_WINDOW: _scatter(prepared, counts == 0),
        LinkReason.REPLY_TO_CHATTER: chat.answers_chatter,
        LinkReason.READ_ALOUD: _scatter(prepared, read),
        LinkReason.COPYPASTA: chat.copy_rank > 0,
        LinkReason.EVENT_BURST: _scatter(prepared, bursts),
    }


def _scatter(prepared: Prepared, values_E: Bools) -> Bools:
    """Flags of the events that the model looked at, spread over all events."""
    spread = np.zeros(len(prepared.time_ms), dtype=np.bool_)
    spread[prepared.rows] = values_E
    return spread


def _outcome(
    prepared: Prepared, best: Best, learned: Learned, threshold: Threshold, rejected: dict[LinkReason, Bools]
) -> Outcome:
    n = len(prepared.time_ms)
    parent = np.full(n, -1, dtype=np.int64)
    probability, runner_up, background = np.zeros(n), np.zeros(n), np.ones(n)
    has = best.pair_E >= 0
    parent[prepared.rows[has]] = prepared.pairs.parent_P[best.pair_E[has]]
    probability[prepared.rows] = best.probability_E
    runner_up[prepared.rows] = best.runner_up_E
    background[prepared.rows] = learned.background_E
    reason = decide(probability, background, threshold.probability, rejected)
    return Outcome(parent, probability, runner_up, background, reason, np.zeros(n, dtype=np.bool_))


def _with_labels(outcome: Outcome, labels: Labels) -> Outcome:
    """People's decisions over the model's; one that names no utterance says only that there is a parent."""
    if not len(labels.event_L):
        return outcome
    parent, probability, runner_up = outcome.parent_N.copy(), outcome.probability_N.copy(), outcome.runner_up_N.copy()
    background, reason, by_label = outcome.background_N.copy(), outcome.reason_N.copy(), outcome.by_label_N.copy()

    attached = labels.parent_L >= 0
    accepted = labels.event_L[attached]
    parent[accepted] = labels.parent_L[attached]
    share = labels.share_L[attached]
    probability[accepted], runner_up[accepted], background[accepted] = share, 0.0, 1.0 - share
    reason[accepted] = NONE
    by_label[accepted] = True

    refused = labels.event_L[~labels.is_reply_L]
    ahead = (reason[refused] != NONE) & (reason[refused] < REASONS.index(LinkReason.LABELLED_NO_REPLY))
    share = labels.share_L[~labels.is_reply_L][~ahead]
    refused = refused[~ahead]
    probability[refused], runner_up[refused], background[refused] = 0.0, 0.0, share
    reason[refused] = REASONS.index(LinkReason.LABELLED_NO_REPLY)
    by_label[refused] = True
    return Outcome(parent, probability, runner_up, background, reason, by_label)


def _scores(prepared: Prepared, fitted: Posterior) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Log likelihood ratios of each pair's lag (against a flat window) and of its marks."""
    problem, parameters = prepared.problem, fitted.parameters
    kernel = parameters.kernel
    shift_E = fitted.delay_s_E + kernel.typing_s * problem.typed_E
    flat = 1.0 / (kernel.bin_s * len(kernel.density_B))
    log_ratio = np.log(kernel.density_B / flat).round(4)
    time = look_up(problem.lag_s_P, problem.ptr, shift_E, kernel.start_s, kernel.bin_s, log_ratio)
    content = np.zeros(len(time))
    for mark in prepared.marks:
        content += np.log(parameters.ratios[mark.name])[mark.bins_P]
    return time.astype(np.float32), content.round(4).astype(np.float32)
