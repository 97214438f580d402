"""The fits of one recording, each made once: with labels and without, as far as they differ."""

from dataclasses import dataclass, field, replace

import numpy as np

from dougpt_align.attribution import Parameters, Posterior, Trust, fit
from dougpt_align.beginning import begin
from dougpt_align.belonging import Belonging, Relation
from dougpt_align.channel import FERTILITY_CLASSES, Channel
from dougpt_align.labels import Labels
from dougpt_align.lag import initial_kernel
from dougpt_align.marks import RATIO_STARTS
from dougpt_align.prepared import Prepared
from dougpt_align.settings import AlignSettings
from dougpt_align.share import Share, estimate_share, hold_to, pin_share, settle_share

PRIOR_TRUST = Trust(kernel=3000.0, marks=3000.0, fertility=100.0, free_latency=True)


@dataclass(frozen=True, slots=True)
class Fits:
    """Fits of `prepared` from `start`; one under each share that is asked for, and one whose share is free."""

    prepared: Prepared
    settings: AlignSettings
    channel: Channel | None
    start: Parameters
    _held: dict[float, tuple[Parameters, Posterior]] = field(default_factory=dict)
    _estimates: dict[float, float] = field(default_factory=dict)

    def settle(self, labels: Labels, belonging: Belonging) -> tuple[Share, Posterior]:
        """The share of replies that is to hold, and the fit held to it."""
        share = pin_share(self.settings, labels, self.prepared.rows, self.channel)
        # Under a share that is too small replies are told apart better than under one that is too large.
        held = min(share.value, self.settings.share)
        fitted = self._fit(held)[1]
        if not share.labels and belonging.relation is not Relation.UNRELATED:
            share = settle_share(share, self._estimate(held), is_doubtful=belonging.is_doubtful)
        return share, fitted if share.value == held else hold_to(fitted, self.prepared.problem, share.value)

    @property
    def _trust(self) -> Trust:
        return replace(Trust() if self.channel is None else PRIOR_TRUST, shape=self.settings.fertility_shape)

    def _fit(self, held: float) -> tuple[Parameters, Posterior]:
        if held not in self._held:
            start = begin(self.prepared.problem, self.start, held, self._trust)
            fitted = fit(self.prepared.problem, start, held, self._trust, self.settings.max_iterations)
            self._held[held] = start, fitted
        return self._held[held]

    def _estimate(self, held: float) -> float:
        if held not in self._estimates:
            start = self._fit(held)[0]
            found = estimate_share(self.prepared.problem, start, self._trust, self.settings.max_iterations)
            self._estimates[held] = found
        return self._estimates[held]


def starting_point(settings: AlignSettings) -> Parameters:
    """Where a fit without a prior begins."""
    kernel = initial_kernel(settings.earliest_lag_ms / 1000.0, settings.latest_lag_ms / 1000.0)
    return Parameters(kernel, dict(RATIO_STARTS), np.ones(FERTILITY_CLASSES))
