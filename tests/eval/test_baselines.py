"""Baselines against counts by hand, and what every one of them must keep."""

import math
import random
from random import Random

import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, evaluate
from dougpt_eval.baselines import fit_baselines, prompt_blind
from dougpt_eval.baselines.ngram import CODE_POINTS, STOP, NGram, character_base, words_of
from dougpt_eval.baselines.prompt_blind import TrainingText
from dougpt_eval.settings import BASELINES
from dougpt_eval.suite import with_replies
from hypothesis import given
from hypothesis import strategies as st

MESSAGES = st.lists(st.text(max_size=8), max_size=12)


def test_bits_per_byte_of_the_character_unigram_is_the_count_by_hand(make_samples) -> None:
    learnt = with_replies(make_samples("train", recordings=1, windows=2), [["aab"], ["b"]])
    asked = with_replies(make_samples("test", recordings=1, windows=1), [["ab"]])
    # Six symbols were seen, of three kinds (a, b, stop), two each; Witten and Bell leave 3/9 for the unseen.
    each = (2 + 3 / (CODE_POINTS + 1)) / (6 + 3)
    settings = EvaluateSettings(draws=100, baselines=("characters",))
    blind = prompt_blind.characters(TrainingText([["aab"], ["b"]], 6))
    report = evaluate(blind, asked, settings, training=learnt)
    by_hand = round(3 * -math.log2(each) / 2, 6)
    assert report.model.measures["bits_per_byte"].value == by_hand
    assert report.baselines[0].measures["bits_per_byte"].value == by_hand


@given(MESSAGES, st.integers(1, 4), st.text(max_size=4))
def test_what_may_follow_a_history_adds_up_to_one(messages: list[str], order: int, history: str) -> None:
    model = NGram(messages, order=order, base=character_base)
    seen = {symbol for message in messages for symbol in message} | {STOP}
    known = sum(model.probability(symbol, list(history)) for symbol in seen)
    unseen = next(chr(point) for point in range(CODE_POINTS) if chr(point) not in seen)
    rest = (CODE_POINTS + 1 - len(seen)) * model.probability(unseen, list(history))
    assert known + rest == pytest.approx(1)


@given(st.text(max_size=40))
def test_joining_words_gives_the_text_back(text: str) -> None:
    assert "".join(words_of(text)) == text
    assert all(words_of(text))


@given(MESSAGES, st.integers(0, 99))
def test_what_is_drawn_was_learnt(messages: list[str], seed: int) -> None:
    drawn = NGram(messages, order=3, base=character_base).draw(Random(seed))  # noqa: S311 - no secrets
    assert set(drawn) <= {symbol for message in messages for symbol in message}


def test_a_longer_look_back_expects_the_same_chat_better(training: pa.Table, held_out: pa.Table) -> None:
    settings = EvaluateSettings(draws=100, ranked=0, baselines=("characters", "character_ngram"))
    report = evaluate(fit_baselines(training, [], settings)[1].model, held_out, settings, training=training)
    short, long = (result.measures["bits_per_byte"].value for result in report.baselines)
    assert short is not None
    assert long is not None
    assert long < short / 2


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_is_a_seeded_model_whose_answers_do_not_depend_on_the_company(
    name: str, training: pa.Table, held_out: pa.Table
) -> None:
    made = [fit_baselines(training, ["LULW"], EvaluateSettings(baselines=(name,)))[0].model for _ in range(2)]
    assert made[0].fingerprint == made[1].fingerprint
    assert made[0].generate(held_out, 3) == made[1].generate(held_out, 3)
    assert made[0].generate(held_out.slice(5, 4), 3) == made[0].generate(held_out, 3)[5:9]
    assert made[0].logprobs(held_out.slice(5, 4)) == made[0].logprobs(held_out)[5:9]


@pytest.mark.parametrize("name", BASELINES)
def test_a_baseline_that_learnt_nothing_still_answers(name: str, training: pa.Table, held_out: pa.Table) -> None:
    model = fit_baselines(training.slice(0, 0), [], EvaluateSettings(baselines=(name,)))[0].model
    assert all(math.isfinite(number) and number <= 0 for row in model.logprobs(held_out) for number in row)
    assert len(model.generate(held_out, 0)) == len(held_out)


def test_the_most_frequent_message_is_said_every_time(training: pa.Table, held_out: pa.Table) -> None:
    said = [reply["text"] for replies in training["responses"].to_pylist() for reply in replies]
    model = prompt_blind.messages(TrainingText([said], 6))
    drawn = {text for burst in model.generate(held_out, 0) for text in burst}
    assert drawn == {max(sorted(set(said)), key=said.count)}


def test_emotes_are_drawn_from_the_vocabulary(training: pa.Table, held_out: pa.Table) -> None:
    model = fit_baselines(training, ["LULW", "KEKW"], EvaluateSettings(baselines=("emotes",)))[0].model
    assert {text for burst in model.generate(held_out, 0) for text in burst} <= {"LULW", "KEKW"}


def test_a_baseline_whose_library_is_not_there_is_named_and_the_others_stay(
    monkeypatch: pytest.MonkeyPatch, training: pa.Table, held_out: pa.Table
) -> None:
    monkeypatch.setattr("dougpt_eval.baselines.find_spec", lambda _: None)
    quick = EvaluateSettings(draws=100, ranked=0, generated=0, baselines=("markov", "characters"))
    model = prompt_blind.characters(TrainingText([["aab"]], 6))
    report = evaluate(model, held_out, quick, training=training)
    assert [result.name for result in report.baselines] == ["characters"]
    assert any("the baseline markov is missing: install dougpt-eval[markov]" in text for text in report.warnings)


def test_the_markov_chain_says_only_words_that_followed_one_another(training: pa.Table, held_out: pa.Table) -> None:
    pytest.importorskip("markovify", reason="the extra 'markov' is not installed")
    (chain,) = fit_baselines(training, [], EvaluateSettings(baselines=("markov",)))
    said = {text for burst in chain.model.generate(held_out, 0) for text in burst}
    known = {reply["text"] for replies in training["responses"].to_pylist() for reply in replies}
    pairs = {pair for text in known for pair in zip(text.split(), text.split()[1:], strict=False)}
    assert said
    assert {pair for text in said for pair in zip(text.split(), text.split()[1:], strict=False)} <= pairs
    before = random.getstate()
    chain.model.generate(held_out, 1)
    assert random.getstate() == before
