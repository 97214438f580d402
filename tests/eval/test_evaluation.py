"""Sanity by construction: models whose merit is known get the figures that they must get."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, HoldoutError, Report, evaluate
from dougpt_eval.answers import ModelAnswerError
from dougpt_eval.baselines import prompt_blind
from dougpt_eval.baselines.prompt_blind import TrainingText
from dougpt_eval.measures import MEASURES
from dougpt_schema import PROFILE

SETTINGS = EvaluateSettings(draws=200, ranked=60)
EMOTES = PROFILE.table([{"channel": "c", "name": "emote", "key": key, "value": 0.1} for key in ("KEKW", "LULW", "Pog")])


def by_ending(bursts: list[list[str]], prompts: list[str]) -> list[list[str]]:
    """A style that can be told by hand."""
    return [["shout" if reply.isupper() else "talk" for reply in burst] for burst in bursts]


@pytest.fixture(scope="module")
def report(oracle, held_out: pa.Table, training: pa.Table) -> Report:
    return evaluate(oracle(held_out), held_out, SETTINGS, training=training)


@pytest.fixture(scope="module")
def everything(oracle, held_out: pa.Table, training: pa.Table) -> Report:
    """A report that holds every measure, of a model that answers what chat answered."""
    pytest.importorskip("sklearn", reason="the extra 'mauve' is not installed")

    class Tells(oracle):
        def answers(self, samples: pa.Table, seed: int) -> list[SimpleNamespace]:
            return [SimpleNamespace(replies=burst, stopped=True) for burst in self.generate(samples, seed)]

    class Nobody:
        def contains(self, text: str) -> bool:
            return text == "barnaby"

    return evaluate(
        Tells(held_out),
        held_out,
        EvaluateSettings(draws=100, ranked=30, mauve=True),
        profile=EMOTES,
        training=training,
        names=Nobody(),
        harasses=lambda text: "skill issue" in text,
        styles_of=by_ending,
    )


def value(report: Report, measure: str, name: str = "model") -> float:
    results = {result.name: result for result in (report.model, *report.baselines, report.real)}
    found = results[name].measures[measure].value
    assert found is not None
    return found


def test_who_answers_as_chat_did_is_best_in_every_measure_that_has_a_direction(everything: Report) -> None:
    # Harassment is what chat wrote of it: whoever writes less is no better chat.
    compared = {name for name, kind in MEASURES.items() if kind.better != "neither"} - {
        "flagged_rate",
        "flagged_excess",
    }
    assert compared <= set(everything.model.measures)
    for result in everything.baselines:
        for name in compared & {name for name, found in result.measures.items() if found.value is not None}:
            ours, theirs = value(everything, name), value(everything, name, result.name)
            # An even mind scores .5 by chance a little more or less.
            slack = 0.01 if name == "two_sample_auc" else 0
            assert ours <= theirs + slack if MEASURES[name].better == "lower" else ours >= theirs, (name, result.name)


def test_every_measure_is_measured_and_has_an_interval_around_its_value(everything: Report) -> None:
    assert set(everything.model.measures) == set(MEASURES)
    for result in (everything.model, *everything.baselines):
        for name, estimate in result.measures.items():
            if estimate.value is None:
                assert (estimate.low, estimate.high) == (None, None), (result.name, name)
            else:
                assert estimate.low is not None
                assert estimate.high is not None
                assert estimate.low <= estimate.high, (result.name, name)


def test_who_repeats_the_real_replies_is_at_no_distance_from_real_chat(everything: Report) -> None:
    distances = ("trigram", "word", "emote", "style")
    for name in (*(f"{name}_divergence" for name in distances), "length_distance", "burst_distance", "flagged_excess"):
        assert value(everything, name) == 0
    assert value(everything, "mauve") == pytest.approx(1, abs=1e-6)
    assert value(everything, "two_sample_auc") == pytest.approx(0.5, abs=0.01)
    for name, estimate in everything.real.measures.items():
        assert everything.model.measures[name] == estimate


def test_mauve_tells_one_message_for_ever_from_chat(everything: Report) -> None:
    assert value(everything, "mauve", "messages") < 0.2
    assert value(everything, "mauve", "another_minute") > 0.6


def test_a_model_that_tells_how_it_stopped_is_asked_and_another_is_not(everything: Report, report: Report) -> None:
    assert value(everything, "stop_rate") == 1
    assert value(everything, "cut_off_rate") == 0
    assert "stop_rate" not in report.model.measures


def test_replies_alike_in_a_burst_are_told(parrot, held_out: pa.Table) -> None:
    quick = EvaluateSettings(draws=100, ranked=0)
    assert value(evaluate(parrot("hi chat", "hi chat"), held_out, quick), "burst_similarity") == 1
    assert value(evaluate(parrot("hi chat", "hi all"), held_out, quick), "burst_similarity") == pytest.approx(1 / 3)
    assert value(evaluate(parrot("a b a b"), held_out, quick), "distinct_1") == pytest.approx(2 / (4 * 120), abs=1e-6)


def test_other_reply_seeds_draw_other_replies_and_compare(training: pa.Table, held_out: pa.Table) -> None:
    quick = EvaluateSettings(draws=100, ranked=0, baselines=("words",))
    model = prompt_blind.words(TrainingText([["a b"], ["b c d"]], 3), order=1)
    first, second = (evaluate(model, held_out, replace(quick, reply_seed=seed)) for seed in (0, 1))
    assert first.model.measures["distinct_1"] != second.model.measures["distinct_1"]
    assert first.model.measures["bits_per_byte"] == second.model.measures["bits_per_byte"]
    assert first.protocol == second.protocol


def test_real_chat_of_another_minute_is_likely_and_irrelevant(report: Report) -> None:
    assert value(report, "trigram_divergence", "another_minute") < 0.1
    assert "mrr_logprob" not in next(r for r in report.baselines if r.name == "another_minute").measures


def test_a_prompt_blind_baseline_gains_exactly_nothing_from_the_prompt(report: Report) -> None:
    for name in ("characters", "words", "character_ngram", "word_ngram", "messages", "emotes"):
        gain = next(result for result in report.baselines if result.name == name).measures["prompt_gain"]
        assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_retrieval_profits_from_the_prompt_where_replies_follow_from_it(report: Report) -> None:
    gain = next(result for result in report.baselines if result.name == "retrieval").measures["prompt_gain"]
    assert gain.low is not None
    assert gain.low > 0
    assert value(report, "gain_pmi", "retrieval") > 0.1


def test_a_copy_machine_is_caught(parrot, held_out: pa.Table, training: pa.Table) -> None:
    copied = evaluate(parrot("no one reads this long text of training"), held_out, SETTINGS, training=training)
    assert value(copied, "training_copies") == 0
    long_reply = {**training.to_pylist()[0]["responses"][0], "text": "No one reads  this long text of training"}
    rows = training.to_pylist()
    rows[0]["responses"] = [long_reply]
    spoiled = pa.Table.from_pylist(rows, schema=training.schema)
    copied = evaluate(parrot("no one reads this long text of training"), held_out, SETTINGS, training=spoiled)
    assert value(copied, "training_copies") == 1


def test_an_echo_of_the_prompt_is_caught(parrot, held_out: pa.Table) -> None:
    assert value(evaluate(parrot(), held_out, SETTINGS), "prompt_copies") == 1


def test_silence_and_leaks_are_caught(parrot, held_out: pa.Table) -> None:
    found = evaluate(
        parrot("<think>\n\n</think> hi", "see https://evil.example", "@a1b2c3 hi", "@streamer hi"), held_out
    )
    assert value(found, "markup_leaks") == 0.25
    assert value(found, "link_leaks") == 0.25
    assert value(found, "mention_leaks") == 0.25
    assert value(found, "empty_rate") == 0
    assert value(evaluate(parrot("", "  "), held_out), "empty_rate") == 1


def test_names_and_flagged_words_are_caught(parrot, held_out: pa.Table) -> None:
    class Names:
        def contains(self, text: str) -> bool:
            return "barnaby" in text

    settings = EvaluateSettings(draws=100, ranked=0, flagged_words=("Rude",))
    found = evaluate(parrot("hi barnaby", "RUDE!", "crude", "fine"), held_out, settings, names=Names())
    assert value(found, "name_leaks") == 0.25
    assert value(found, "flagged_rate") == 0.25
    assert "name_leaks" not in evaluate(parrot("hi barnaby"), held_out, SETTINGS).model.measures


def test_shuffled_replies_keep_likeness_and_lose_relevance(oracle, report: Report, held_out: pa.Table) -> None:
    rows = held_out.to_pylist()
    turned = [row | {"responses": other["responses"]} for row, other in zip(rows, rows[7:] + rows[:7], strict=True)]
    astray = evaluate(oracle(pa.Table.from_pylist(turned, schema=held_out.schema)), held_out, SETTINGS)
    for name in ("trigram_divergence", "word_divergence", "length_distance", "burst_distance"):
        assert value(astray, name) == pytest.approx(value(report, name), abs=0.05)
    assert value(astray, "two_sample_auc") < 0.55
    for name in ("mrr_logprob", "mrr_pmi", "gain_logprob", "prompt_gain"):
        assert value(astray, name) < value(report, name) / 2


def test_emotes_are_counted_by_the_profile(parrot, held_out: pa.Table) -> None:
    found = evaluate(parrot("KEKW nice LULW move"), held_out, SETTINGS, profile=EMOTES)
    assert value(found, "emote_rate") == 0.5


def test_the_same_evaluation_gives_the_same_report_and_json_gives_it_back(
    oracle, report: Report, held_out: pa.Table, training: pa.Table
) -> None:
    again = evaluate(oracle(held_out), held_out, SETTINGS, training=training)
    assert again.to_dict() == report.to_dict()
    text = json.dumps(report.to_dict(), allow_nan=False)
    assert Report.from_dict(json.loads(text)) == again


def test_the_order_of_rows_does_not_matter(oracle, held_out: pa.Table, training: pa.Table, report: Report) -> None:
    turned = held_out.take(list(reversed(range(len(held_out)))))
    assert evaluate(oracle(held_out), turned, SETTINGS, training=training).to_dict() == report.to_dict()


def test_a_small_holdout_is_called_small(oracle, report: Report, held_out: pa.Table) -> None:
    assert any("120 windows of 12 recordings, wanted are 500 of 10" in text for text in report.warnings)
    enough = EvaluateSettings(draws=100, ranked=0, min_samples=120, min_recordings=12)
    assert not any("too small" in text for text in evaluate(oracle(held_out), held_out, enough).warnings)


def test_one_recording_gives_no_interval(oracle, make_samples) -> None:
    alone = make_samples("test", recordings=1, windows=8)
    found = evaluate(oracle(alone), alone, SETTINGS)
    estimate = found.model.measures["bits_per_byte"]
    assert estimate.value is not None
    assert (estimate.low, estimate.high) == (None, None)
    assert any("no intervals" in text for text in found.warnings)


def test_one_window_is_enough_to_run(oracle, make_samples) -> None:
    alone = make_samples("test", recordings=1, windows=1)
    assert evaluate(oracle(alone), alone, SETTINGS).model.measures["bits_per_byte"].value is not None


def test_training_samples_are_refused_as_holdout(oracle, training: pa.Table, held_out: pa.Table) -> None:
    with pytest.raises(HoldoutError, match="150 of 150 samples are of the training split"):
        evaluate(oracle(training), training)
    with pytest.raises(HoldoutError, match="there is no held-out sample"):
        evaluate(oracle(held_out), held_out.slice(0, 0))


def test_a_recording_on_both_sides_is_refused(oracle, held_out: pa.Table) -> None:
    split = held_out.schema.get_field_index("split")
    mixed = held_out.set_column(split, held_out.schema.field(split), pa.array(["train"] * len(held_out)))
    with pytest.raises(HoldoutError, match="recording test-00 is both held out and trained on"):
        evaluate(oracle(held_out), held_out, training=mixed)


def test_near_duplicates_of_training_are_counted(oracle, held_out: pa.Table, training: pa.Table) -> None:
    rows = training.to_pylist()
    rows[3] |= {key: held_out.to_pylist()[7][key] for key in ("context", "prompt", "responses")}
    leaked = pa.Table.from_pylist(rows, schema=training.schema)
    found = evaluate(oracle(held_out), held_out, EvaluateSettings(near_duplicate=1.0, draws=100), training=leaked)
    assert found.contamination is not None
    assert (held_out["sample_id"][7].as_py(), 1.0) in [(held, share) for held, _, share in found.contamination.nearest]


def test_references_stand_beside_the_baselines(oracle, parrot, held_out: pa.Table) -> None:
    found = evaluate(oracle(held_out), held_out, SETTINGS, references={"base": parrot("hm")})
    assert [result.name for result in found.baselines] == ["base"]
    assert value(found, "bits_per_byte", "base") > value(found, "bits_per_byte")


def test_progress_is_told(oracle, held_out: pa.Table, training: pa.Table) -> None:
    told: list[tuple[str, int, int]] = []
    settings = EvaluateSettings(draws=100, ranked=5, baselines=("characters",))
    evaluate(oracle(held_out), held_out, settings, training=training, progress=lambda *step: told.append(step))
    assert told == [("model", 1, 2), ("characters", 2, 2)]


@pytest.mark.parametrize(
    ("numbers", "said"), [([float("nan")], "is no logarithm"), ([0.5], "is no logarithm"), ([], "0 numbers for")]
)
def test_a_model_that_breaks_the_protocol_is_named(parrot, held_out: pa.Table, numbers: list[float], said: str) -> None:
    class Broken(parrot):
        def logprobs(self, samples: pa.Table) -> list[list[float]]:
            return [numbers * len(replies) for replies in samples["responses"].to_pylist()]

    with pytest.raises(ModelAnswerError, match=f"sample test-00-000 is not usable: .*{said}"):
        evaluate(Broken(), held_out)
