"""One fit over several recordings of a channel: what a single quiet recording cannot tell."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from dougpt_schema import ArrowStream, DougptError

from dougpt_align.attribution import Problem, Trust, fit
from dougpt_align.beginning import begin
from dougpt_align.belonging import Relation
from dougpt_align.calibrate import MIN_LABELS, Calibrator, fit_platt
from dougpt_align.channel import Channel, write_prior
from dougpt_align.fits import PRIOR_TRUST, starting_point
from dougpt_align.labels import Labels, merge, settle
from dougpt_align.prepared import Prepared, prepare, read_anchors
from dougpt_align.scene import read_scene
from dougpt_align.settings import AlignSettings
from dougpt_align.share import pin_share
from dougpt_align.supervise import Answers, checked_links, read_answers

APART_S = 10_000.0


class NothingToFitError(DougptError):
    """No recording has speech and chat that may belong together."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording for `fit_channel`; a plain (utterances, chat_events) pair does as well."""

    utterances: ArrowStream
    chat_events: ArrowStream
    anchors: ArrowStream | None = None


def fit_channel(
    recordings: Iterable[Recording | tuple[ArrowStream, ArrowStream]],
    settings: AlignSettings | None = None,
    *,
    labels: ArrowStream | None = None,
    channel: str = "",
) -> pa.Table:
    """Return the `prior` of a channel: lag kernel, mark ratios, fertility, share, calibrator, pooled over recordings.

    Recordings whose speech and chat do not belong together are left out. The calibrator is fitted under the prior
    itself, held as `align` holds it: it would be worth nothing in a fit of other parameters.

    Args:
        recordings: Recordings of one channel.
        settings: As for `align`.
        labels: Labels of any of them; random ones pin the share and, from 50 on, make the calibrator.
        channel: The channel's name, written into the table.

    Raises:
        ContractError: A table breaks its contract.
        NothingToFitError: Nothing is left to learn from.
    """
    settings = settings or AlignSettings()
    start = starting_point(settings)
    kept: list[Prepared] = []
    settled: list[Labels] = []
    answers: list[Answers] = []
    for item in recordings:
        recording = item if isinstance(item, Recording) else Recording(*item)
        scene = read_scene(recording.utterances, recording.chat_events, settings)
        prepared = prepare(scene, settings, start.kernel, read_anchors(recording.anchors, scene))
        if prepared.belonging.relation is not Relation.UNRELATED and len(prepared.pairs.parent_P):
            kept.append(prepared)
            settled.append(settle(labels, scene).among(prepared.rows))
            answers.append(read_answers(prepared, settled[-1]))
    if not kept:
        raise NothingToFitError("no recording has speech and chat that may belong together")
    pooled = merge(settled)
    share = pin_share(settings, pooled, pooled.event_L, None)
    problem = _joined([prepared.problem for prepared in kept])
    trust = replace(Trust(), shape=settings.fertility_shape)
    start = begin(problem, start, share.value, trust)
    fitted = fit(problem, start, share.value, trust, settings.max_iterations)
    held = Channel(fitted.parameters, share.value, share.labels, Calibrator())
    held = replace(held, calibrator=_calibrated(kept, answers, held, settings))
    return write_prior(channel, held, float(fitted.replies_U.sum()))


def _calibrated(
    recordings: list[Prepared], answers: list[Answers], channel: Channel, settings: AlignSettings
) -> Calibrator:
    """Platt's line through the random labels of all recordings, each fitted under the channel's parameters."""
    if sum(int(mine.is_random_A.sum()) for mine in answers) < MIN_LABELS:
        return Calibrator()
    trust = replace(PRIOR_TRUST, shape=settings.fertility_shape)
    checked = []
    for prepared, mine in zip(recordings, answers, strict=True):
        if mine.is_random_A.any():
            start = begin(prepared.problem, channel.parameters, channel.share, trust)
            fitted = fit(prepared.problem, start, channel.share, trust, settings.max_iterations)
            checked.append(checked_links(prepared, fitted.link_P, mine))
    posterior, right, weight, has = (np.concatenate(column) for column in zip(*checked, strict=True))
    return fit_platt(posterior[has], right[has], weight[has])


def _joined(problems: list[Problem]) -> Problem:
    """One problem of all, recordings so far apart in time that none sees another's background."""
    events = np.cumsum([0, *(len(problem.time_s_E) for problem in problems)])
    parents = np.cumsum([0, *(len(problem.class_U) for problem in problems)])
    pairs = np.cumsum([0, *(len(problem.parent_P) for problem in problems)])
    times, clock = [], 0.0
    for problem in problems:
        times.append(problem.time_s_E - problem.time_s_E[0] + clock)
        clock = float(times[-1][-1]) + APART_S
    marks = tuple(
        replace(mark, bins_P=np.concatenate([problem.marks[place].bins_P for problem in problems]))
        for place, mark in enumerate(problems[0].marks)
    )
    return Problem(
        ptr=np.concatenate([[0], *(problem.ptr[1:] + pairs[k] for k, problem in enumerate(problems))]),
        parent_P=np.concatenate([problem.parent_P + parents[k] for k, problem in enumerate(problems)]),
        event_P=np.concatenate([problem.event_P + events[k] for k, problem in enumerate(problems)]),
        lag_s_P=np.concatenate([problem.lag_s_P for problem in problems]),
        marks=marks,
        time_s_E=np.concatenate(times),
        typed_E=np.concatenate([problem.typed_E for problem in problems]),
        weight_E=np.concatenate([problem.weight_E for problem in problems]),
        class_U=np.concatenate([problem.class_U for problem in problems]),
        exposure_U=np.concatenate([problem.exposure_U for problem in problems]),
        author_E=np.unique(np.concatenate([problem.author_E for problem in problems]), return_inverse=True)[1],
    )
