"""A verdict says what holds, what does not exclude chance, and what could not be had; nothing else."""

from dataclasses import replace

import pytest
from dougpt.page.verdict import verdict
from dougpt_eval import Report
from dougpt_eval.report import Result, SuiteFacts
from dougpt_eval.resampling import Estimate

NAMES = ("r1", "r2", "r3")
SUITE = SuiteFacts("f" * 64, 3, 30, 60, 900)


def estimate(value: float, half: float = 0.1, shift: tuple[float, ...] = (0.01, 0.0, -0.01)) -> Estimate:
    """A figure whose value without each recording moves by `shift`."""
    without = {name: value + one for name, one in zip(NAMES, shift, strict=True)}
    return Estimate(value, value - half, value + half, dict.fromkeys(NAMES, value), without)


def report(model: dict[str, Estimate], unscored: str = "", **others: dict[str, Estimate]) -> Report:
    results = tuple(Result(name, "", name, measures) for name, measures in others.items())
    return Report(SUITE, {}, Result("model", "", "m", model, unscored), results, Result("real chat", "", "", {}))


def test_the_base_under_the_same_prompt_is_what_training_is_held_against() -> None:
    ours, base = {"bits_per_byte": estimate(3.0)}, {"bits_per_byte": estimate(3.2)}
    told = verdict(report(ours, base=base, character_ngram={"bits_per_byte": estimate(2.9)}))
    assert told[0] == (
        "The model needs 3.000 bits for a byte of held-out chat, more than the best of the others"
        " (character n-gram, 2.900)."
    )
    assert told[1] == (
        "Its training saves 0.200 bits a byte against its base model under the same prompt (0.200 to 0.200)."
    )
    costs = verdict(report(base, base=ours))[1]
    assert costs.startswith("Its training costs 0.200 bits a byte")
    apart = {"bits_per_byte": estimate(3.01, shift=(0.3, 0.0, -0.3))}
    assert verdict(report(apart, base=ours))[1].endswith("; that is too little to tell.")


@pytest.mark.parametrize(
    ("half", "said"),
    [
        (0.1, "the interval holds 0: that they do is not shown"),
        (0.01, "its answers belong to what was said: the interval lies above 0"),
    ],
)
def test_relevance_is_told_with_its_doubt_and_beside_shared_words(half: float, said: str) -> None:
    (told,) = verdict(report({"gain_pmi": estimate(0.05, half)}, tfidf={"gain_pmi": estimate(0.5)}))
    assert said in told
    assert told.endswith("A look at shared words alone (tf-idf) lifts it by 0.500: more than the model does.")


def test_what_could_not_be_had_is_said_last_and_the_rest_stands() -> None:
    chat = {"length_distance": estimate(2.0), "word_divergence": estimate(0.2)}
    said = {"length_distance": estimate(9.0), "word_divergence": estimate(0.2), "stop_rate": estimate(0.9)}
    mute = report(said | {"prompt_copies": estimate(0.3)}, unscored="it keeps them to itself.", another_minute=chat)
    assert verdict(replace(mute, real=Result("real chat", "", "", {"prompt_copies": estimate(0.01)}))) == [
        "In 1 of 2 measures it is as like the chat as chat of another minute is; not in length distance.",
        "It ended 90% of its bursts by itself; more than in the real chat: prompt copies 30.0% (chat 1.0%).",
        (
            "Bits per byte, prompt gain and relevance could not be had, since they ask for log-probabilities:"
            " it keeps them to itself."
        ),
    ]
