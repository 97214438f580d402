"""The tiny base writes any text, learns from the split alone, and is the same again for the same seed."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from dougpt_train import tiny
from dougpt_train.base import Base
from dougpt_train.render import Renderer
from dougpt_train.settings import TrainSettings
from dougpt_train.threads import few_threads
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st


@given(text=st.text(max_size=60))
@hypothesis_settings(deadline=None)
def test_any_text_is_read_back_as_written(base: Base, text: str) -> None:
    ids = base.tokenizer(text, add_special_tokens=False)["input_ids"]

    assert base.tokenizer.decode(ids) == text or any(mark in text for mark in (tiny.PAD, tiny.START, tiny.END))


def test_the_vocabulary_is_the_same_for_the_same_texts(samples: pa.Table, base: Base) -> None:
    again = tiny.make_tokenizer(tiny.texts(samples), 512)

    assert again.get_vocab() == base.tokenizer.get_vocab()
    assert len(again) <= 512


def test_the_template_marks_reply_and_stop_as_what_is_generated(base: Base) -> None:
    conversation = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "LUL"}]

    found = base.tokenizer.apply_chat_template(
        conversation, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )

    marked = [token for token, is_marked in zip(found["input_ids"], found["assistant_masks"], strict=True) if is_marked]
    assert base.tokenizer.decode(marked) == "LUL<|im_end|>"
    assert "token_type_ids" not in found


@pytest.mark.parametrize("width", [64, 128, 192])
def test_linear_layers_have_widths_that_4_bit_inference_accepts(base: Base, width: int) -> None:
    settings = TrainSettings(tiny_width=width, tiny_layers=1)
    model = tiny.make_model(tiny.make_config(base.tokenizer, settings), settings)

    layers = [
        module for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and "head" not in name
    ]
    assert layers
    assert all(layer.in_features % 64 == 0 and layer.out_features % 32 == 0 for layer in layers)
    assert model.get_input_embeddings().num_embeddings == len(base.tokenizer)


def test_first_weights_come_from_the_seed_alone_and_leave_other_draws_alone(
    base: Base, settings: TrainSettings
) -> None:
    state = torch.get_rng_state()
    one = tiny.make_model(base.config, settings).state_dict()
    assert torch.equal(torch.get_rng_state(), state)

    torch.manual_seed(99)
    other = tiny.make_model(base.config, settings).state_dict()

    assert all(torch.equal(one[name], other[name]) for name in one)


def test_training_learns_and_gives_the_same_weights_again(
    base: Base, renderer: Renderer, settings: TrainSettings, samples: pa.Table
) -> None:
    rows = [(row.ids, len(row.prompt_ids)) for row in renderer.encode(renderer.rows(samples)[0])]
    models = [tiny.make_model(base.config, settings) for _ in range(2)]
    told: list[int] = []

    losses = [tiny.pretrain(model, rows, settings, lambda done, *_: told.append(done)) for model in models]

    assert losses[0] == losses[1]
    assert len(losses[0]) == settings.tiny_steps
    assert told == [*range(1, settings.tiny_steps + 1)] * 2
    assert np.mean(losses[0][-3:]) < losses[0][0] - 1
    weights = [model.state_dict() for model in models]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_fewer_rows_than_a_batch_are_enough(base: Base, settings: TrainSettings) -> None:
    model = tiny.make_model(base.config, settings)

    assert len(tiny.pretrain(model, [([1, 2, 3, 4], 2)], settings)) == settings.tiny_steps


def test_the_tiny_base_is_computed_on_one_thread_and_others_on_all(settings: TrainSettings) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)

    with few_threads(settings):
        assert torch.get_num_threads() == 1
    with few_threads(TrainSettings(base="elsewhere")):
        assert torch.get_num_threads() == 2

    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)
