"""Rows of a pack attend as behind a mask that keeps them apart, whatever their lengths and shared keys."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from dougpt_train.attention import BY_ROWS, attend_by_rows, rows_attention
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention
from transformers import MistralConfig, MistralForCausalLM, Qwen3Config, Qwen3ForCausalLM

SHAPE: dict[str, Any] = {
    "vocab_size": 32,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
}


@given(lengths=st.lists(st.integers(1, 12), min_size=1, max_size=8), shared_by=st.sampled_from((1, 2, 4)))
@hypothesis_settings(deadline=None, max_examples=25)
def test_rows_attend_as_behind_a_mask_and_send_back_the_same_gradients(lengths: list[int], shared_by: int) -> None:
    draw = torch.Generator().manual_seed(sum(lengths))
    heads, width, tokens = 4, 8, sum(lengths)
    kinds = [torch.randn(1, count, tokens, width, generator=draw) for count in (heads, *[heads // shared_by] * 2)]
    query, key, value = (kind.requires_grad_() for kind in kinds)
    of_row = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    mask = (of_row[:, None] == of_row) & torch.ones(tokens, tokens, dtype=torch.bool).tril()
    starts = torch.tensor([0, *lengths]).cumsum(0)
    wanted = torch.randn(1, tokens, heads, width, generator=draw)

    found, _ = rows_attention(torch.nn.Module(), query, key, value, None, cu_seq_lens_q=starts, scaling=0.3)
    masked = scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.3, enable_gqa=True)

    torch.testing.assert_close(found, masked.transpose(1, 2), atol=1e-5, rtol=1e-4)
    for one, other in zip(
        torch.autograd.grad((found * wanted).sum(), (query, key, value)),
        torch.autograd.grad((masked.transpose(1, 2) * wanted).sum(), (query, key, value)),
        strict=True,
    ):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_a_model_set_to_rows_computes_padded_rows_and_single_ones_as_before() -> None:
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(Qwen3Config(**SHAPE)).eval()
    ids = torch.tensor([[3, 4, 5, 6], [0, 0, 7, 8]])
    padded: dict[str, Any] = {"input_ids": ids, "attention_mask": torch.tensor([[1, 1, 1, 1], [0, 0, 1, 1]])}
    before = [model(**padded).logits, model(input_ids=ids[:1]).logits]

    attend_by_rows(model)

    assert model.config._attn_implementation == BY_ROWS
    for one, other in zip(before, [model(**padded).logits, model(input_ids=ids[:1]).logits], strict=True):
        torch.testing.assert_close(one[:, 2:], other[:, 2:])


@pytest.mark.parametrize("kind", [{"sliding_window": 4}, {"layer_types": ["full_attention", "sliding_attention"]}])
def test_a_model_with_windows_keeps_its_own_attention(kind: dict[str, Any]) -> None:
    model = SimpleNamespace(config=SimpleNamespace(_attn_implementation="sdpa", **kind))
    model.config.get_text_config = lambda: model.config

    assert attend_by_rows(model) is model
    assert model.config._attn_implementation == "sdpa"


def test_a_window_that_is_off_is_none() -> None:
    model = MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=None))

    assert attend_by_rows(model).config._attn_implementation == BY_ROWS
