"""Scoring and drawing tokens, batched; a draw depends on its own names alone, not on the batch around it.

Shapes: B rows, T tokens, V vocabulary. Rows are padded on the left, so that all answers end together.
"""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from dougpt_train.draws import uniform


@torch.inference_mode()
def score(model: Any, rows: Sequence[tuple[list[int], int]], pad_id: int) -> list[float]:
    """Return, for each row, the log-probability (in nats) of its tokens from the position given with it onwards.

    Args:
        model: A causal language model.
        rows: Token ids, and how many of them are given.
        pad_id: Any valid token; it is masked.
    """
    ids_BT, mask_BT = padded_left([ids for ids, _ in rows], pad_id, model.device)
    answers = [len(ids) - given for ids, given in rows]
    longest = max(answers)
    logits_BTV = model(
        input_ids=ids_BT,
        attention_mask=mask_BT,
        position_ids=_positions(mask_BT),
        logits_to_keep=longest + 1,
        use_cache=False,
    ).logits[:, -longest - 1 : -1]
    logprobs_BTV = torch.log_softmax(logits_BTV.float(), dim=-1)
    logprobs_BT = logprobs_BTV.gather(-1, ids_BT[:, -longest:, None])[..., 0]
    places = torch.arange(longest, device=model.device)
    starts_B = torch.tensor([longest - answer for answer in answers], device=model.device)
    return [float(total) for total in logprobs_BT.double().where(places >= starts_B[:, None], 0.0).sum(dim=1)]


@torch.inference_mode()
def draw_tokens(
    model: Any,
    prompts: Sequence[list[int]],
    names: Sequence[tuple[object, ...]],
    *,
    pad_id: int,
    stop_ids: frozenset[int],
    most: int,
    temperature: float,
    top_p: float,
) -> Iterator[list[int | None]]:
    """Yield the next token of every row, step by step: a stop token once, None for rows that have stopped.

    Args:
        model: A causal language model.
        prompts: Token ids, one list a row.
        names: What decides the draws of each row.
        pad_id: Any valid token; it is masked.
        stop_ids: Tokens that end a row.
        most: The largest number of steps.
        temperature: Logits are divided by it.
        top_p: Only the likeliest tokens of this total mass are drawn.
    """
    ids_BT, mask_BT = padded_left(prompts, pad_id, model.device)
    taken_as = _cache_argument(model)
    cache: dict[str, Any] = {}
    open_rows = [True] * len(prompts)
    for step in range(most):
        positions_BT = _positions(mask_BT)[:, -ids_BT.shape[1] :]
        found = model(
            input_ids=ids_BT,
            attention_mask=mask_BT,
            position_ids=positions_BT,
            use_cache=True,
            logits_to_keep=1,
            **cache,
        )
        cache = {taken_as: found["cache"] if "cache" in found else found["past_key_values"]}
        draws = [uniform("token", step, *row) for row in names]
        draws_B = torch.tensor(draws, dtype=torch.float64, device=model.device)
        tokens = _draw(found.logits[:, -1].to(draws_B) / temperature, draws_B, top_p)
        yield [token if is_open else None for token, is_open in zip(tokens, open_rows, strict=True)]
        open_rows = [is_open and token not in stop_ids for token, is_open in zip(tokens, open_rows, strict=True)]
        if not any(open_rows):
            return
        ids_BT = torch.tensor(tokens, device=model.device)[:, None]
        mask_BT = torch.cat([mask_BT, mask_BT.new_ones(len(tokens), 1)], dim=1)


def padded_left(rows: Sequence[list[int]], pad_id: int, device: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows as one tensor, padded on the left, and the mask that is 1 where they stand."""
    longest = max(len(ids) for ids in rows)
    ids_BT = torch.tensor([[pad_id] * (longest - len(ids)) + ids for ids in rows], device=device)
    mask_BT = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in rows], device=device)
    return ids_BT, mask_BT


def _cache_argument(model: Any) -> str:
    """Return what the model's forward calls its cache: transformers renamed it during version 5."""
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "cache" if "cache" in inspect.signature(plain.forward).parameters else "past_key_values"


def _positions(mask_BT: torch.Tensor) -> torch.Tensor:
    return (mask_BT.cumsum(dim=1) - 1).clamp(min=0)


def _draw(logits_BV: torch.Tensor, draws_B: torch.Tensor, top_p: float) -> list[int]:
    """Invert the cumulative distribution of the likeliest tokens at `draws_B`, numbers in (0, 1)."""
    sorted_BV, order_BV = torch.sort(torch.softmax(logits_BV, dim=-1), dim=-1, descending=True, stable=True)
    before_BV = sorted_BV.cumsum(dim=-1) - sorted_BV
    kept_BV = sorted_BV.where(before_BV < top_p, 0.0)
    cumulated_BV = kept_BV.cumsum(dim=-1)
    targets_B = draws_B * cumulated_BV[:, -1]
    places_B1 = (cumulated_BV < targets_B[:, None]).sum(dim=-1, keepdim=True)
    tokens: list[int] = order_BV.gather(-1, places_B1)[:, 0].tolist()
    return tokens
