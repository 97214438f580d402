"""What fits on which hardware: a base model by name, and how to train it. Nothing here is fetched or opened.

A preset fills in every setting that was left at its default. The names are those of the models' hub; a base model is
fetched only where `download` says so, or by hand. The dense Qwen3 family was chosen because it is text only, has base
models, trains well on 4-bit weights and is free to use; any other causal language model works the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """One tier of hardware.

    Attributes:
        name: What the setting `preset` says.
        memory_gb: The memory that it is made for: of the GPU, or of the machine for "cpu".
        base: The base model's name.
        architecture: Its architecture as transformers names it, and its shape, for the memory formula.
        settings: The values it gives to settings that were left at their default.
    """

    name: str
    memory_gb: int
    base: str
    architecture: tuple[str, Mapping[str, int | bool]]
    settings: Mapping[str, object]


def _qwen3(hidden: int, inner: int, layers: int, heads: int, *, tied: bool) -> tuple[str, Mapping[str, int | bool]]:
    return "qwen3", {
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151_936,
        "tie_word_embeddings": tied,
    }


_0_6B = "Qwen/Qwen3-0.6B-Base", _qwen3(1024, 3072, 28, 16, tied=True)
_4B = "Qwen/Qwen3-4B-Base", _qwen3(2560, 9728, 36, 32, tied=True)
_8B = "Qwen/Qwen3-8B-Base", _qwen3(4096, 12288, 36, 32, tied=False)
_14B = "Qwen/Qwen3-14B-Base", _qwen3(5120, 17408, 40, 40, tied=False)
_32B = "Qwen/Qwen3-32B", _qwen3(5120, 25600, 64, 64, tied=False)


def _settings(method: str, tokens: tuple[int, int], rows: int, rank: int, rate: float = 2e-4) -> Mapping[str, object]:
    prompt_tokens, reply_tokens = tokens
    return {
        "method": method,
        "prompt_tokens": prompt_tokens,
        "reply_tokens": reply_tokens,
        "batch_rows": rows,
        "accumulate": max(1, 16 // rows),
        "rank": rank,
        "alpha": 2 * rank,
        "learning_rate": rate,
        "epochs": 2,
        "context_lines": 6,
        "gradient_checkpointing": True,
        "score_rows": 2 * rows,
    }


PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("cpu", 16, *_0_6B, _settings("lora", (192, 96), rows=2, rank=8)),
        Preset("8gb", 8, *_4B, _settings("qlora", (384, 128), rows=4, rank=16)),
        Preset("12gb", 12, *_8B, _settings("qlora", (384, 128), rows=4, rank=16)),
        Preset("16gb", 16, *_14B, _settings("qlora", (384, 128), rows=2, rank=16)),
        Preset("24gb", 24, *_14B, _settings("qlora", (768, 256), rows=4, rank=32)),
        Preset("48gb", 48, *_14B, _settings("lora", (768, 256), rows=4, rank=32)),
        Preset("80gb", 80, *_32B, _settings("qlora", (1536, 512), rows=8, rank=32, rate=1e-4)),
    )
}


def preset_for(memory_gb: float) -> Preset:
    """Return the largest preset for a GPU of `memory_gb`; below 8 GB the one for a CPU."""
    fitting = [preset for preset in PRESETS.values() if preset.name != "cpu" and preset.memory_gb <= memory_gb]
    return max(fitting, key=lambda preset: preset.memory_gb, default=PRESETS["cpu"])
