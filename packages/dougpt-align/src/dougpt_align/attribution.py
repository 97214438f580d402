"""Who caused which message: variational EM for a Poisson cluster process with observed parents.

Utterance i draws replies at the rate  a_i g(x_ij) F_ij  with fertility a_i ~ Gamma(alpha, alpha / m_i),
lag kernel g and mark ratios F; a background mu(t) draws the rest. The posterior of parent i for event j is

    r_ij = E*[a_i] g(x_ij) F_ij / (mu(t_j) + sum_k E*[a_k] g(x_kj) F_kj),   E*[a] = exp(E[log a]).

How many events are replies is not identified by this likelihood (free fertilities feed on themselves),
so the background is scaled in every round until the mean posterior of being a reply equals a given share.
"""

from dataclasses import dataclass, replace

import numpy as np

from dougpt_align.arrays import Floats, Ints, Rows, row_sums, sigmoid
from dougpt_align.background import Windows
from dougpt_align.drift import REACH_S, Blocks, smooth_drift
from dougpt_align.fertility import credibility, expected_fertility
from dougpt_align.lag import Kernel, refit, refit_typing
from dougpt_align.marks import Mark, relearn
from dougpt_align.ragged import (
    less_per_row,
    look_up,
    multiply_by,
    residual_moments,
    sum_by_parent,
    sum_entries_by_parent,
    times_per_row,
)
from dougpt_align.viewer_delay import viewer_delays

TOLERANCE = 1e-3
DELAYS_FROM_ROUND = 4
MANY_EVENTS, STRETCH_EVENTS, FOLLOWING_ROUNDS = 60_000, 30_000, 7


@dataclass(frozen=True, slots=True)
class Problem:
    """What the fit sees.

    `ptr`, `parent_P`, `event_P`, `lag_s_P` and `marks` describe the candidate pairs; `time_s_E` sorted times;
    `typed_E` characters typed; `weight_E` how much an event counts when parameters are learned;
    `class_U` numbers groups of utterances that share a mean fertility; `exposure_U` the share of an
    utterance's replies that could be seen; `author_E` numbers authors from 0.
    """

    ptr: Ints
    parent_P: Rows
    event_P: Rows
    lag_s_P: Floats
    marks: tuple[Mark, ...]
    time_s_E: Floats
    typed_E: Floats
    weight_E: Floats
    class_U: Ints
    exposure_U: Floats
    author_E: Ints


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a fit learns and a channel's prior holds: kernel, mark ratios by name, replies an utterance by class."""

    kernel: Kernel
    ratios: dict[str, Floats]
    fertility_C: Floats


@dataclass(frozen=True, slots=True)
class Posterior:
    """Responsibilities of pairs, the background's share of each event, and how the fit went.

    `delay_s_E` is what the broadcast's wandering latency and the viewer's own delay add to each event's lag.
    """

    link_P: Floats
    background_E: Floats
    replies_U: Floats
    delay_s_E: Floats
    parameters: Parameters
    rounds: int
    converged: bool
    share: float


@dataclass(frozen=True, slots=True)
class Trust:
    """How many replies or pairs of our own the starting parameters count for, and how sticky fertility is.

    `free_latency` lets the recording's latency differ from the kernel's, for a kernel that came from elsewhere.
    """

    kernel: float = 30.0
    marks: float = 60.0
    fertility: float = 20.0
    shape: float = 0.7
    free_latency: bool = False


def fit(
    problem: Problem, start: Parameters, share: float, trust: Trust, max_iterations: int, *, is_pinned: bool = True
) -> Posterior:
    """Alternate posterior and parameters until the posterior rests.

    Args:
        problem: Pairs, times and marks.
        start: Where to begin, and what to shrink towards.
        share: The share of events that are replies, to begin with.
        trust: Weights of the starting parameters.
        max_iterations: The most rounds.
        is_pinned: Hold the share in every round.
    """
    if len(problem.time_s_E) > MANY_EVENTS:
        # Kernel and ratios are learned from a stretch of the recording; what is each event's own follows for all.
        state = fit(
            stretch(problem, STRETCH_EVENTS), start, share, trust, max_iterations, is_pinned=is_pinned
        ).parameters
        learns, max_iterations = False, min(max_iterations, FOLLOWING_ROUNDS)
    else:
        state, learns = start, True
    windows = Windows.of(problem.time_s_E)
    delays = Delays.none(problem)
    background = np.full(len(problem.time_s_E), 1.0 - share)
    fertility = _start_fertility(problem, start, share)
    link, rounds, converged = np.zeros(len(problem.parent_P)), 0, False
    while rounds < max_iterations and not converged:
        rounds += 1
        moved = delays.taken_off(problem)
        rate = pair_rates(moved, state, fertility)
        floor = windows.intensity(background * problem.weight_E, background)
        link, now = posterior(problem, rate, floor, share if is_pinned else None)
        converged = bool(len(now) == 0 or np.abs(now - background).mean() < TOLERANCE)
        background = now
        if learns:
            state, replies = learn(moved, state, start, link, trust)
        else:
            replies = expected_replies(problem, link)
        fertility = fertilities(problem, state, replies, link, trust.shape)
        if rounds >= DELAYS_FROM_ROUND:
            delays = delays.followed(problem, state.kernel, link, free_latency=trust.free_latency)
    replies = np.bincount(problem.parent_P, weights=link, minlength=len(problem.class_U))
    reached = float((1.0 - background).mean()) if len(background) else 0.0
    return Posterior(link, background, replies, delays.total, state, rounds, converged, reached)


@dataclass(frozen=True, slots=True)
class Delays:
    """What the broadcast's drift and each viewer's own delay add to the lags, in seconds an event."""

    blocks: Blocks
    drift_E: Floats
    viewer_E: Floats

    @classmethod
    def none(cls, problem: Problem) -> "Delays":
        """Nothing is known yet."""
        zeros = np.zeros(len(problem.time_s_E))
        return cls(Blocks.cut(problem.time_s_E), zeros, zeros)

    @property
    def total(self) -> Floats:
        """Both together."""
        return self.drift_E + self.viewer_E

    def taken_off(self, problem: Problem) -> Problem:
        """The problem with lags as they would be without."""
        return replace(problem, lag_s_P=less_per_row(problem.lag_s_P, problem.ptr, self.total))

    def followed(self, problem: Problem, kernel: Kernel, link_P: Floats, *, free_latency: bool) -> "Delays":
        """Both anew, one after the other, from the residuals of probable replies around the kernel's median."""
        expected = kernel.typing_s * problem.typed_E + kernel.quantile(0.5)
        moments = residual_moments(problem.lag_s_P, problem.ptr, expected, self.total, REACH_S, link_P)
        mass, total, square = (moment * problem.weight_E for moment in moments)
        rest = _moved(mass, total, square, self.viewer_E)
        drift = smooth_drift(self.blocks, *rest, is_centred=not free_latency)[self.blocks.of_E]
        viewer = viewer_delays(problem.author_E, *_moved(mass, total, square, drift))
        return Delays(self.blocks, drift, viewer)


def _moved(mass_E: Floats, total_E: Floats, square_E: Floats, by_E: Floats) -> tuple[Floats, Floats, Floats]:
    """Mass, sum and sum of squares of residuals, each event's less `by_E`."""
    return mass_E, total_E - by_E * mass_E, square_E - 2.0 * by_E * total_E + by_E**2 * mass_E


def pair_rates(problem: Problem, state: Parameters, fertility_U: Floats) -> Floats:
    """Rate of each pair, in replies a second."""
    kernel = state.kernel
    typed_s_E = kernel.typing_s * problem.typed_E
    rate = look_up(problem.lag_s_P, problem.ptr, typed_s_E, kernel.start_s, kernel.bin_s, kernel.density_B)
    multiply_by(rate, problem.ptr, fertility_U, problem.parent_P)
    for mark in problem.marks:
        multiply_by(rate, problem.ptr, state.ratios[mark.name], mark.bins_P)
    return rate


def posterior(problem: Problem, rate_P: Floats, floor_E: Floats, share: float | None) -> tuple[Floats, Floats]:
    """Responsibility of each pair and of the background; both sum to 1 over an event.

    `share` None leaves the background as it is: the plain posterior.
    """
    total = row_sums(rate_P, problem.ptr)
    with np.errstate(divide="ignore"):
        log_odds = np.log(total) - np.log(floor_E)
    shift = 0.0
    free = total > 0
    if share is not None and free.any():
        shift = pin(log_odds[free], problem.weight_E[free], share * float(problem.weight_E.sum()))
    reply = np.where(free, sigmoid(log_odds + shift), 0.0)
    scale = np.divide(reply, total, out=np.zeros_like(total), where=free)
    return times_per_row(rate_P, problem.ptr, scale), 1.0 - reply


def pin(log_odds: Floats, weight: Floats, wanted: float) -> float:
    """The shift of all log odds at which the weighted posteriors add up to `wanted`; Newton kept in by bisection."""
    wanted = float(np.clip(wanted, 0.001 * weight.sum(), 0.995 * weight.sum()))
    low, high = -60.0 - float(log_odds.max()), 60.0 - float(log_odds.min())
    shift = 0.0
    for _ in range(100):
        reply = sigmoid(log_odds + shift)
        excess = float(weight @ reply) - wanted
        if abs(excess) < 1e-9 * max(wanted, 1.0) or high - low < 1e-12:
            break
        low, high = (low, shift) if excess > 0 else (shift, high)
        slope = float(weight @ (reply * (1.0 - reply)))
        step = shift - excess / slope if slope > 1e-12 else low
        shift = step if low < step < high else 0.5 * (low + high)
    return shift


def learn(
    problem: Problem, state: Parameters, start: Parameters, link_P: Floats, trust: Trust
) -> tuple[Parameters, Floats]:
    """Parameters that fit the responsibilities, shrunk towards where the fit began; and each utterance's replies."""
    weighted_P = link_P * problem.weight_E[problem.event_P]
    replies_U = expected_replies(problem, link_P)
    typed = problem.typed_E[problem.event_P]
    kernel = state.kernel
    near = weighted_P * (np.abs(problem.lag_s_P - kernel.typing_s * typed - kernel.quantile(0.5)) < 15.0)
    typing = refit_typing(start.kernel.typing_s, problem.lag_s_P, typed, near, trust.kernel)
    moved = replace(kernel, typing_s=typing)
    kernel = refit(moved, start.kernel, moved.bins(problem.lag_s_P - typing * typed), weighted_P, trust.kernel)
    unlinked = (1.0 - link_P) * problem.weight_E[problem.event_P]
    own = problem.weight_E * (1.0 - row_sums(link_P, problem.ptr)) / np.maximum(np.diff(problem.ptr), 1)
    ratios = {
        mark.name: relearn(
            mark,
            start.ratios[mark.name],
            weighted_P,
            unlinked if mark.is_near else own[problem.event_P],
            trust.marks,
        )
        for mark in problem.marks
    }
    classes = len(start.fertility_C)
    drawn = np.bincount(problem.class_U, weights=replies_U, minlength=classes)
    shown = np.bincount(problem.class_U, weights=problem.exposure_U, minlength=classes)
    mean = drawn.sum() / max(shown.sum(), 1e-9)
    fertility = (drawn + trust.fertility * mean) / (shown + trust.fertility)
    return Parameters(kernel, ratios, fertility), replies_U


def expected_replies(problem: Problem, link_P: Floats) -> Floats:
    """Expected replies of each utterance, copies counted once."""
    return sum_by_parent(link_P, problem.ptr, problem.weight_E, problem.parent_P, len(problem.class_U))


def fertilities(problem: Problem, state: Parameters, replies_U: Floats, link_P: Floats, shape: float) -> Floats:
    """Expected fertility of each utterance, as far as what its replies say bears it out."""
    evidence = np.zeros(len(problem.class_U))
    for mark in problem.marks:
        evidence += sum_entries_by_parent(
            link_P,
            problem.ptr,
            problem.weight_E,
            problem.parent_P,
            len(evidence),
            np.log(state.ratios[mark.name]),
            mark.bins_P,
        )
    mean_U = state.fertility_C[problem.class_U]
    return expected_fertility(replies_U, mean_U, problem.exposure_U, shape) * credibility(evidence)


def stretch(problem: Problem, events: int) -> Problem:
    """The problem of at most `events` events from the middle, with the utterances among their candidates."""
    if len(problem.time_s_E) <= events:
        return problem
    first = (len(problem.time_s_E) - events) // 2
    low, high = int(problem.ptr[first]), int(problem.ptr[first + events])
    parents = problem.parent_P[low:high]
    begin, end = (int(parents.min()), int(parents.max()) + 1) if len(parents) else (0, 0)
    return Problem(
        ptr=problem.ptr[first : first + events + 1] - low,
        parent_P=parents - begin,
        event_P=problem.event_P[low:high] - first,
        lag_s_P=problem.lag_s_P[low:high],
        marks=tuple(replace(mark, bins_P=mark.bins_P[low:high]) for mark in problem.marks),
        time_s_E=problem.time_s_E[first : first + events],
        typed_E=problem.typed_E[first : first + events],
        weight_E=problem.weight_E[first : first + events],
        class_U=problem.class_U[begin:end],
        exposure_U=problem.exposure_U[begin:end],
        author_E=problem.author_E[first : first + events],
    )


def _start_fertility(problem: Problem, start: Parameters, share: float) -> Floats:
    """Before the first round, the replies are spread evenly, in the proportions of the starting classes."""
    relative = start.fertility_C[problem.class_U]
    total = share * float(problem.weight_E.sum())
    scale = total / max(float(relative @ problem.exposure_U), 1e-9)
    return np.asarray(np.maximum(relative * scale, 1e-12))
