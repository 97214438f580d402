"""Attention of packed rows, each row by itself, instead of all to all behind a mask.

A pack of `n` rows of `t` tokens has `(nt)²` pairs of tokens, of which `nt²` belong to one row. TRL's collator says
where the rows of a pack begin (`cu_seq_lens_q`), for kernels of other libraries; here PyTorch's own attention is told:
on a GPU its FlashAttention, which takes rows of different length in one call, elsewhere row by row. Whether rows then
compute what they compute alone is what P11 checks.

Dao, "FlashAttention-2: Faster attention with better parallelism and work partitioning", ICLR 2024.

Shapes: H heads, T tokens of all rows, D width of a head, behind a batch of one.
"""

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface

BY_ROWS, PYTORCH = "dougpt_rows", "sdpa"
FLASH_STEP, FLASH_WIDTH = 8, 256


def attend_by_rows(model: Any) -> Any:
    """Return the model, set to attend to packed rows one by one if its attention is plain.

    Windows, chunks and states have masks of their own: such a model goes on as it does, behind the mask of a pack.
    """
    if model.config._attn_implementation == PYTORCH and _plain(model.config.get_text_config()):  # noqa: SLF001 (no other way to ask)
        AttentionInterface.register(BY_ROWS, rows_attention)
        AttentionMaskInterface.register(BY_ROWS, _mask_of_padding)
        model.set_attn_implementation(BY_ROWS)
    return model


def rows_attention(
    module: torch.nn.Module,
    query_1HTD: torch.Tensor,
    key_1HTD: torch.Tensor,
    value_1HTD: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int | None = None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Attend as transformers asks of its attention functions; without `cu_seq_lens_q` this is PyTorch's attention."""
    if cu_seq_lens_q is None:
        attended: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query_1HTD, key_1HTD, value_1HTD, attention_mask, dropout=dropout, scaling=scaling, **options
        )
        return attended
    if max_length_q is not None and _flash_takes(query_1HTD):
        return _by_flash(query_1HTD, key_1HTD, value_1HTD, cu_seq_lens_q, max_length_q, dropout, scaling), None
    # Repeated here for all rows at once: told of shared keys, PyTorch computes on a CPU without its fused kernel.
    shared_by = query_1HTD.shape[1] // key_1HTD.shape[1]
    key_1HTD, value_1HTD = (part.repeat_interleave(shared_by, dim=1) for part in (key_1HTD, value_1HTD))
    lengths = cu_seq_lens_q.diff().tolist()
    parts = (torch.split(part, lengths, dim=2) for part in (query_1HTD, key_1HTD, value_1HTD))
    attended_by_row = [
        scaled_dot_product_attention(query, key, value, dropout_p=dropout, scale=scaling, is_causal=True)
        for query, key, value in zip(*parts, strict=True)
    ]
    return torch.cat(attended_by_row, dim=2).transpose(1, 2).contiguous(), None


def _flash_takes(query_1HTD: torch.Tensor) -> bool:
    """Return whether PyTorch's FlashAttention computes such queries: 16 bits on a GPU, heads of fitting width."""
    half = query_1HTD.dtype in (torch.bfloat16, torch.float16)
    width = query_1HTD.shape[-1]
    return query_1HTD.is_cuda and half and width % FLASH_STEP == 0 and width <= FLASH_WIDTH


def _by_flash(  # noqa: PLR0917 (as the operation takes them)
    query_1HTD: torch.Tensor,
    key_1HTD: torch.Tensor,
    value_1HTD: torch.Tensor,
    starts: torch.Tensor,
    longest: int,
    dropout: float,
    scaling: float | None,
) -> torch.Tensor:
    """Attend in one call; keys that heads share stay shared. PyTorch has no public name for this before 2.10."""
    parts = (part[0].transpose(0, 1) for part in (query_1HTD, key_1HTD, value_1HTD))
    attended: tuple[torch.Tensor, ...] = torch.ops.aten._flash_attention_forward(  # noqa: SLF001 (see above)
        *parts, starts, starts, longest, longest, dropout, True, False, scale=scaling
    )
    return attended[0][None]


def _plain(config: Any) -> bool:
    """Return whether every layer attends to all that came before."""
    kinds = set(getattr(config, "layer_types", None) or ())
    windowed = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    return kinds <= {"full_attention"} and not windowed


def _mask_of_padding(*arguments: Any, attention_mask: torch.Tensor | None = None, **options: Any) -> Any:
    """Mask padding where there is some; packs have none, and causality needs no mask."""
    if attention_mask is None:
        return None
    return ALL_MASK_ATTENTION_FUNCTIONS[PYTORCH](*arguments, attention_mask=attention_mask, **options)
