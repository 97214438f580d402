"""An evaluation in sentences: what the model is better than, whether it listens and answers, and what is not known."""

from collections.abc import Iterable

from dougpt_eval import Report
from dougpt_eval.measures import MEASURES
from dougpt_eval.pairs import Difference, difference
from dougpt_eval.report import Result
from dougpt_eval.resampling import Estimate

from dougpt.page.naming import BASE, CEILING, LIKENESS, TFIDF, name_of, title_of

BITS, GAIN, MRR_GAIN = "bits_per_byte", "prompt_gain", "gain_pmi"
TOO_SMALL = "the holdout is too small to tell them apart"


def verdict(report: Report) -> list[str]:
    """Return the sentences, the most important first; what could not be measured is said last."""
    told = (
        _best(report),
        against_base(report),
        _listening(report),
        _relevance(report),
        _likeness(report),
        _behaviour(report),
    )
    return [*(sentence for sentence in told if sentence), *_missing(report)]


def best_of_others(report: Report) -> Result | None:
    """Return what needs the fewest bits for a byte of held-out chat, beside the model."""
    known = [(found.value, result) for result in report.baselines if (found := _known(result, BITS)) is not None]
    return min(known, key=lambda one: one[0] or 0.0)[1] if known else None


def band(report: Report) -> list[tuple[str, bool]]:
    """Return for each distance whether the model's lies in the interval of real chat of another minute."""
    ceiling = _named(report, CEILING)
    rows = []
    for name in LIKENESS if ceiling is not None else ():
        ours, theirs = _known(report.model, name), _known(ceiling, name)
        if ours is None or theirs is None or theirs.low is None or theirs.high is None:
            continue
        value = ours.value or 0.0
        outside = value > theirs.high if MEASURES[name].better == "lower" else value < theirs.low
        rows.append((title_of(name), not outside))
    return rows


def against_base(report: Report) -> str:
    """Say what training brought: the model against its base under the same prompt; empty where that is unknown."""
    ours, base = _known(report.model, BITS), _known(_named(report, BASE), BITS)
    found = None if ours is None or base is None else difference(base, ours)
    if found is None:
        return ""
    what, sign = ("saves", -1) if found.value < 0 else ("costs", 1)
    low, high = sorted(sign * end for end in found.interval)
    unsure = "" if _certain(found) else "; that is too little to tell"
    return (
        f"Its training {what} {abs(found.value):.3f} bits a byte against its base model under the same prompt"
        f" ({low:.3f} to {high:.3f}){unsure}."
    )


def _best(report: Report) -> str:
    ours, best = _known(report.model, BITS), best_of_others(report)
    if ours is None or best is None:
        return ""
    theirs = best.measures[BITS]
    value, other = ours.value or 0.0, theirs.value or 0.0
    better = "fewer than" if value < other else "more than" if value > other else "the same as"
    apart = "" if _certain(difference(theirs, ours)) else f"; {TOO_SMALL}"
    return (
        f"The model needs {value:.3f} bits for a byte of held-out chat, {better} the best of the others"
        f" ({name_of(best.name)}, {other:.3f}){apart}."
    )


def _listening(report: Report) -> str:
    gain = _known(report.model, GAIN)
    if gain is None:
        return ""
    return (
        f"The true prompt saves {gain.value:.3f} bits a byte over another window's{_within(gain)};"
        f" {_shown(gain, 'it listens', 'that it listens')}."
    )


def _relevance(report: Report) -> str:
    gain = _known(report.model, MRR_GAIN)
    if gain is None:
        return ""
    told = (
        f"Among other replies of the holdout the true prompt lifts the true one's reciprocal rank by"
        f" {gain.value:.3f}{_within(gain)}; {_shown(gain, 'its answers belong to what was said', 'that they do')}."
    )
    words = _known(_named(report, TFIDF), MRR_GAIN)
    if words is None:
        return told
    found = difference(words, gain)
    told += f" A look at shared words alone (tf-idf) lifts it by {words.value:.3f}"
    if not _certain(found) or found is None:
        return f"{told}; {TOO_SMALL}."
    return f"{told}: {'more' if found.value < 0 else 'less'} than the model does."


def _likeness(report: Report) -> str:
    rows = band(report)
    if not rows:
        return ""
    outside = [name for name, inside in rows if not inside]
    told = f"In {len(rows) - len(outside)} of {len(rows)} measures it is as like the chat as chat of another minute is"
    return f"{told}{'; not in ' + _listed(outside) if outside else ''}."


def _behaviour(report: Report) -> str:
    """Say how bursts end, and which faults are more common than in the real chat, beyond what a gate lets through."""
    stop = _known(report.model, "stop_rate")
    faults = []
    for name, kind in MEASURES.items():
        ours, real = _known(report.model, name), _known(report.real, name)
        if kind.axis != "behaviour" or kind.better != "lower" or kind.tolerance is None or ours is None:
            continue
        usual = 0.0 if real is None else real.value or 0.0
        if (ours.value or 0.0) > usual + kind.tolerance:
            faults.append(f"{title_of(name)} {ours.value:.1%} (chat {usual:.1%})")
    if not any(MEASURES[name].axis == "behaviour" for name in report.model.measures):
        return ""
    more = f"more than in the real chat: {_listed(faults)}" if faults else "it has no more faults than the real chat"
    return f"It ended {stop.value:.0%} of its bursts by itself; {more}." if stop else f"{more[0].upper()}{more[1:]}."


def _missing(report: Report) -> list[str]:
    if not report.model.unscored:
        return []
    lacking = "Bits per byte, prompt gain and relevance could not be had, since they ask for log-probabilities"
    return [f"{lacking}: {report.model.unscored.rstrip('.')}."]


def _shown(estimate: Estimate, yes: str, that: str) -> str:
    if estimate.low is None or estimate.high is None:
        return "one recording gives no interval"
    if estimate.high < 0:
        return "the interval lies below 0"
    return f"{yes}: the interval lies above 0" if estimate.low > 0 else f"the interval holds 0: {that} is not shown"


def _within(estimate: Estimate) -> str:
    return "" if estimate.low is None or estimate.high is None else f" ({estimate.low:.3f} to {estimate.high:.3f})"


def _certain(found: Difference | None) -> bool:
    return found is not None and (found.interval[0] > 0 or found.interval[1] < 0)


def _named(report: Report, name: str) -> Result | None:
    return next((result for result in report.baselines if result.name == name), None)


def _known(result: Result | None, measure: str) -> Estimate | None:
    found = None if result is None else result.measures.get(measure)
    return None if found is None or found.value is None else found


def _listed(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
