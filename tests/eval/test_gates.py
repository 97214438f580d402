"""A gate fails what is worse, lets chance pass, and refuses to compare what does not compare."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, GateSettings, Report, evaluate, gate
from dougpt_eval.gates import holm
from dougpt_eval.resampling import Estimate
from dougpt_schema import SAMPLES
from hypothesis import given
from hypothesis import strategies as st

SETTINGS = EvaluateSettings(draws=100, ranked=30, baselines=())


@pytest.fixture(scope="module")
def before(oracle, held_out: pa.Table) -> Report:
    return evaluate(oracle(held_out), held_out, SETTINGS)


def test_a_report_passes_against_itself(before: Report) -> None:
    verdict = gate(before, before)
    assert verdict.passed
    assert {row.status for row in verdict.rows} == {"not worse"}


def test_a_worse_model_fails_and_the_better_one_passes_after_it(oracle, held_out: pa.Table, before: Report) -> None:
    worse = evaluate(oracle(held_out, knows=0.2, noise=1.0), held_out, SETTINGS)
    verdict = gate(worse, before)
    assert verdict.comparable
    assert not verdict.passed
    assert "bits_per_byte" in [row.measure for row in verdict.rows if row.status == "worse"]
    assert gate(before, worse).passed
    assert json.loads(json.dumps(verdict.to_dict()))["passed"] is False


def test_a_tolerance_lets_it_through(oracle, held_out: pa.Table, before: Report) -> None:
    worse = evaluate(oracle(held_out, knows=0.9), held_out, SETTINGS)
    failed = [row.measure for row in gate(worse, before).rows if row.status == "worse"]
    assert failed == ["bits_per_byte", "prompt_gain"]
    assert gate(worse, before, GateSettings(tolerance=dict.fromkeys(failed, 1.0))).passed


def test_a_limit_is_absolute(held_out: pa.Table, before: Report) -> None:
    enough, short = GateSettings(limit={"bits_per_byte": 0.5}), GateSettings(limit={"bits_per_byte": 0.0})
    assert gate(before, before, enough).passed
    verdict = gate(before, before, short)
    assert [row.measure for row in verdict.rows if row.status == "beyond limit"] == ["bits_per_byte"]
    assert not verdict.passed
    assert not gate(before, before, GateSettings(limit={"hits_at_1_pmi": 1.1})).passed


def test_equal_models_pass_at_least_nineteen_times_in_twenty(oracle, make_samples) -> None:
    # Noise of the model's own and no difference in merit: fresh recordings each time.
    passed, quick = 0, replace(SETTINGS, ranked=12, generated=0)
    for seed in range(40):
        fresh = make_samples("test", recordings=6, windows=6, seed=seed)
        pair = [evaluate(jittered(oracle, fresh, 2 * seed + side), fresh, quick) for side in range(2)]
        passed += gate(*pair).passed
    assert passed >= 38


def jittered(oracle, samples: pa.Table, seed: int):
    class Jittered(oracle):
        def logprobs(self, samples: pa.Table) -> list[list[float]]:
            noise = np.random.default_rng(seed)
            return [[number - noise.exponential() for number in row] for row in super().logprobs(samples)]

    return Jittered(samples)


def test_other_windows_or_settings_do_not_compare(oracle, held_out: pa.Table, before: Report) -> None:
    fewer = held_out.slice(0, 100)
    assert "suites differ" in gate(evaluate(oracle(fewer), fewer, SETTINGS), before).reason
    reseeded = evaluate(oracle(held_out), held_out, replace(SETTINGS, seed=1))
    verdict = gate(reseeded, before)
    assert not verdict.comparable
    assert not verdict.passed
    assert verdict.reason.endswith("settings differ that decide how is measured: seed was 0, is 1")


def test_the_links_that_samples_were_made_from_may_change_where_texts_stay(
    oracle, held_out: pa.Table, before: Report
) -> None:
    rows = [row | {"links_fingerprint": "f" * 16} for row in held_out.to_pylist()]
    assert gate(evaluate(oracle(held_out), SAMPLES.table(rows), SETTINGS), before).comparable


def test_one_recording_cannot_decide(oracle, make_samples) -> None:
    alone = make_samples("test", recordings=1, windows=20)
    verdict = gate(*(evaluate(oracle(alone, knows=knows), alone, SETTINGS) for knows in (0.1, 0.9)))
    assert {row.status for row in verdict.rows} == {"undecided"}


def test_style_inside_the_band_of_real_chat_is_not_worse(oracle, parrot, held_out, training) -> None:
    settings = replace(SETTINGS, baselines=("another_minute",))
    best = evaluate(oracle(held_out), held_out, settings, training=training)
    ceiling = best.baselines[0]
    inside = replace(best, model=replace(best.model, measures=best.model.measures | ceiling.measures))
    assert gate(inside, best).passed
    outside = evaluate(parrot("one message for all time"), held_out, settings, training=training)
    assert "trigram_divergence" in [row.measure for row in gate(outside, best).rows if row.status == "worse"]


def test_what_is_missing_says_why(before: Report) -> None:
    nothing = Estimate(None, None, None, {}, {})
    model = replace(before.model, measures=before.model.measures | {"emote_divergence": nothing})
    before = replace(before, model=model)
    measures = {name: found for name, found in model.measures.items() if name not in {"bits_per_byte", "gain_pmi"}}
    mute = replace(before, model=replace(model, measures=measures, unscored="it keeps them to itself"))
    reasons = {row.measure: row.reason for row in gate(mute, before).rows if row.status == "missing"}
    assert reasons == {
        "bits_per_byte": "it keeps them to itself (now)",
        "gain_pmi": "it keeps them to itself (now)",
        "emote_divergence": "nothing to count (before and now)",
    }
    newly = {row.measure: row.reason for row in gate(before, mute).rows if row.status == "missing"}
    assert newly["bits_per_byte"] == "it keeps them to itself (before)"
    assert gate(mute, before).passed


@pytest.mark.parametrize(
    ("name", "said"),
    [("bits_per_bite", "did you mean 'bits_per_byte'"), ("mean_length", "only describes"), ("nonsense", "no measure")],
)
@pytest.mark.parametrize("field", ["limit", "tolerance"])
def test_a_limit_of_what_is_no_gated_measure_is_refused(field: str, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        GateSettings(**{field: {name: 1.0}})


def test_holm_is_the_textbook_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_correction_never_lowers_a_p_value_and_keeps_the_order(values: list[float]) -> None:
    corrected = holm(values)
    assert all(after >= before for after, before in zip(corrected, values, strict=True))
    order = sorted(range(len(values)), key=lambda index: values[index])
    assert [corrected[index] for index in order] == sorted(corrected)
