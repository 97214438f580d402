"""Bases of random weights in the shape of real ones, saved as local models."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import torch
from dougpt_train import TrainSettings
from dougpt_train.base import open_base
from transformers import AutoConfig, AutoModelForCausalLM

Architecture = tuple[str, Mapping[str, int | bool]]
"""As transformers names it, and its sizes."""


def save_random(folder: Path, architecture: Architecture, samples: pa.Table) -> Path:
    """Save a base of that architecture in 16 bits; its tokenizer is learnt from `samples` and uses few of its rows."""
    tiny = open_base(TrainSettings(), samples)
    kind, sizes = architecture
    tokens = {name: getattr(tiny.config, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    config = AutoConfig.for_model(kind, **sizes, **tokens)
    with torch.device("cuda"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    return folder
