"""One fit over several recordings of a channel: what a single quiet recording cannot tell."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from dougpt_schema import ArrowStream, DougptError

from dougpt_align.aligner import pin_share, starting_point
from dougpt_align.attribution import Problem, Trust, fit
from dougpt_align.beginning import begin
from dougpt_align.belonging import Relation
from dougpt_align.channel import write_prior
from dougpt_align.labels import Labels, merge, settle
from dougpt_align.prepared import Prepared, prepare, read_anchors
from dougpt_align.scene import read_scene
from dougpt_align.settings import AlignSettings

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
    """Return the `prior` of a channel: lag kernel, mark ratios, fertility and share, pooled over recordings.

    Recordings whose speech and chat do not belong together are left out. No calibrator is kept: it holds for
    one fit only.

    Args:
        recordings: Recordings of one channel.
        settings: As for `align`.
        labels: Labels of any of them; random ones pin the share.
        channel: The channel's name, written into the table.

    Raises:
        ContractError: A table breaks its contract.
        NothingToFitError: Nothing is left to learn from.
    """
    settings = settings or AlignSettings()
    start, _ = starting_point(settings, None)
    kept: list[Prepared] = []
    settled: list[Labels] = []
    for item in recordings:
        recording = item if isinstance(item, Recording) else Recording(*item)
        scene = read_scene(recording.utterances, recording.chat_events, settings)
        prepared = prepare(scene, settings, start.kernel, read_anchors(recording.anchors, scene))
        if prepared.belonging.relation is not Relation.UNRELATED and len(prepared.pairs.parent_P):
            kept.append(prepared)
            settled.append(settle(labels, scene).among(prepared.rows))
    if not kept:
        raise NothingToFitError("no recording has speech and chat that may belong together")
    pooled = merge(settled)
    share = pin_share(settings, pooled, pooled.event_L, None)
    problem = _joined([prepared.problem for prepared in kept])
    trust = replace(Trust(), shape=settings.fertility_shape)
    start = begin(problem, start, share.value, trust)
    fitted = fit(problem, start, share.value, trust, settings.max_iterations)
    return write_prior(channel, fitted.parameters, share.value, share.labels, float(fitted.replies_U.sum()))


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
