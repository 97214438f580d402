"""A loaded run scores what brute force scores, and draws by its seed alone."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from dougpt_schema import SAMPLES, Model
from dougpt_train import ChatModel, TrainResult, load
from dougpt_train.errors import RunFolderError
from dougpt_train.render import Renderer


@pytest.fixture(scope="module")
def test_split(validation: pa.Table) -> pa.Table:
    return validation


def test_it_is_a_model_as_the_schema_says(model: ChatModel) -> None:
    assert isinstance(model, Model)
    assert len(model.fingerprint) == 64


def test_a_reply_scores_the_sum_of_its_tokens_and_the_stop(model: ChatModel, test_split: pa.Table) -> None:
    found = model.logprobs(test_split)

    users = model.renderer.prompts(test_split, "single")
    for user, sample, scores in zip(users[:3], test_split.to_pylist(), found, strict=False):
        given = model.renderer.prompt_ids([user])[0]
        assert len(scores) == len(sample["responses"])
        for response, score in zip(sample["responses"], scores, strict=True):
            answer = model.renderer.tokenizer(response["text"], add_special_tokens=False)["input_ids"]
            assert score == pytest.approx(brute_force(model, given, [*answer, *model.renderer.stop_ids]), abs=1e-3)


def brute_force(model: ChatModel, given: list[int], answer: list[int]) -> float:
    """Score token by token, with no padding, no batch and no cache."""
    total = 0.0
    for at, token in enumerate(answer):
        with torch.no_grad():
            logits = model.network(input_ids=torch.tensor([given + answer[:at]])).logits[0, -1]
        total += float(torch.log_softmax(logits.double(), dim=-1)[token])
    return total


def test_all_replies_of_one_token_together_are_no_more_than_certain(model: ChatModel, test_split: pa.Table) -> None:
    tokenizer = model.renderer.tokenizer
    texts = [tokenizer.decode([token]) for token in range(3, len(tokenizer))]
    plain = sorted({text for text in texts if text == model.renderer.line(text) and text})
    sample = test_split.to_pylist()[0]
    sample["responses"] = [sample["responses"][0] | {"text": text} for text in plain]

    (scores,) = model.logprobs(SAMPLES.table([sample]))

    assert 0 < float(torch.tensor(scores).double().exp().sum()) <= 1


def test_scores_do_not_depend_on_the_batch(model: ChatModel, test_split: pa.Table) -> None:
    together = model.logprobs(test_split)
    alone = [model.logprobs(test_split.slice(at, 1))[0] for at in range(test_split.num_rows)]

    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_no_samples_give_no_answers(model: ChatModel) -> None:
    assert model.logprobs(SAMPLES.empty()) == []
    assert model.generate(SAMPLES.empty(), 1) == []


def test_a_seed_decides_the_replies_whatever_the_batch(model: ChatModel, test_split: pa.Table) -> None:
    together = model.generate(test_split, 7)

    assert together == model.generate(test_split, 7)
    assert together != model.generate(test_split, 8)
    assert together[3] == model.generate(test_split.slice(3, 1), 7)[0]
    assert all(reply and "\n" not in reply for replies in together for reply in replies)


def test_drawing_leaves_other_draws_alone(model: ChatModel, test_split: pa.Table) -> None:
    state = torch.get_rng_state()

    model.generate(test_split, 7)

    assert torch.equal(torch.get_rng_state(), state)


def test_a_stream_gives_the_same_replies_one_by_one(model: ChatModel, test_split: pa.Table) -> None:
    for at in range(4):
        assert list(model.stream(test_split.slice(at, 1), 7)) == model.generate(test_split.slice(at, 1), 7)[0]


@pytest.mark.parametrize("asked", ["answers", "generate", "stream"])
def test_a_form_that_is_none_is_refused_at_once(model: ChatModel, test_split: pa.Table, asked: str) -> None:
    with pytest.raises(ValueError, match="form is one of burst, single, not 'brust'"):
        getattr(model, asked)(test_split.slice(0, 1), 7, form="brust")


@pytest.mark.parametrize("count", [0, 2])
def test_a_stream_answers_one_sample_and_refuses_others_at_once(
    model: ChatModel, test_split: pa.Table, count: int
) -> None:
    with pytest.raises(ValueError, match=f"stream answers one sample, not {count}; generate answers any number"):
        model.stream(test_split.slice(0, count), 7)


def test_replies_end_at_the_stop_token_or_at_the_last_whole_line(model: ChatModel, test_split: pa.Table) -> None:
    short = ChatModel(model.network, _renderer(model, reply_tokens=20), "f").answers(test_split, 7)

    for answer, whole in zip(short, model.answers(test_split, 7), strict=True):
        assert answer.replies == whole.replies[: len(answer.replies)]
    assert any(answer.replies for answer in short if not answer.stopped)


def test_a_sharper_draw_is_the_likeliest_reply(model: ChatModel, test_split: pa.Table) -> None:
    sharp = ChatModel(model.network, _renderer(model, temperature=0.01), "f")

    assert sharp.generate(test_split, 1) == sharp.generate(test_split, 2)


def _renderer(model: ChatModel, **changes: object) -> Renderer:
    old = model.renderer
    return Renderer(old.tokenizer, replace(old.settings, **changes), sorted(old.stop_ids))  # type: ignore[arg-type]


def test_loading_again_gives_the_same_model(model: ChatModel, result: TrainResult, test_split: pa.Table) -> None:
    again = load(result.run_folder)

    assert again.fingerprint == model.fingerprint
    assert again.logprobs(test_split) == model.logprobs(test_split)


@pytest.fixture
def copied(result: TrainResult, tmp_path: Path) -> Path:
    return Path(shutil.copytree(result.run_folder, tmp_path / "elsewhere" / "run"))


def test_a_run_can_be_moved(copied: Path, model: ChatModel) -> None:
    assert load(copied).fingerprint == model.fingerprint


def test_what_decides_an_answer_is_in_the_fingerprint(copied: Path, model: ChatModel) -> None:
    settings = json.loads((copied / "settings.json").read_text(encoding="utf-8"))
    (copied / "settings.json").write_text(json.dumps(settings | {"top_p": 0.5}), encoding="utf-8")

    assert load(copied).fingerprint != model.fingerprint


@pytest.mark.parametrize("name", ["adapter/adapter_model.safetensors", "base/tokenizer.json"])
def test_a_run_that_was_changed_is_refused(copied: Path, name: str) -> None:
    content = (copied / name).read_bytes()
    (copied / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(RunFolderError, match=f"{Path(name).name} changed"):
        load(copied)


def test_an_unfinished_run_is_refused(copied: Path) -> None:
    (copied / "run.json").unlink()

    with pytest.raises(RunFolderError, match="no finished run"):
        load(copied)
