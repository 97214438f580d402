"""How much memory a step needs, by formula: computed from a model's shape, before its weights are anywhere.

Weights are counted on the meta device, so any architecture that transformers knows will do. The parts, in bytes, for
B rows of T tokens, hidden size H, queries of width Q, keys of width K, inner size I of the feed-forward part, N layers:

- base: 2 a weight in 16 bits, 4 in 32; in NF4 the linear layers take 4.127 bits, the rest stays in 16. Weights that
  are all trained are kept in 32 bits, and computed with in 16
- trained: weight, gradient and the two moments of AdamW; of a full training the moments, since its gradients take the
  room that activations leave
- activations: without checkpointing all layers whole, with it the input of each and one layer whole; and what the
  layer at work computes on its way back, or a tile of the logits, whichever is more
- dequantised: the largest 4-bit matrix once in 16 bits
- gathered: where GPUs share the base, the layer at work and the next one whole, embeddings and output layer too; each
  GPU holds its part of the base and of what is trained

What a layer keeps of a token was counted in transformers' Qwen3, with norms on queries and keys; other models of this
kind keep as much or less. A fiftieth on top is for fragments, and a constant for CUDA and the libraries' own. All was
compared with what a GPU held: see the guide.
"""

from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from dougpt_train.adapter import add_adapter, lora_config
from dougpt_train.base import spread
from dougpt_train.settings import TrainSettings

NF4_BYTES = 4.127 / 8
TILE_TOKENS, TILE_VOCABULARY = 4096, 32768
"""The most logits that TRL's fused head holds at once."""
FRAGMENTS = 1.02
LIBRARIES_BYTES = {"cuda": 0.9e9, "cpu": 0.8e9}
ADAM_STATES = 2
AT_WORK = 5
"""Numbers for each unit of I that the layer at work takes on its way back, about half of them only reserved."""
EXACT_BYTES, HALF_BYTES = 4, 2
HALF_LAYER = {"lora": (18, 14, 4, 8), "qlora": (12, 12, 4, 8), "full": (26, 16, 8, 8)}
"""Bytes of a token that a layer keeps on a GPU for each unit of H, Q, K and I: norms in 32 bits, the rest in 16.

PEFT copies the input of each linear layer where its adapter has 32 bits, as it has on a base of 16. Behind a mask of
padding, keys and values are repeated to the width of queries.
"""
EXACT_LAYER = (16, 12, 12, 16)
"""The same on a CPU, where all is in 32 bits."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the formula needs to know of a model.

    Attributes:
        linear: Weights in linear layers that quantisation takes: all but the output layer.
        rest: All other weights: embeddings, output layer, norms.
        largest: Weights of the largest linear layer.
        adapter: Weights of the adapter, 0 where there is none.
        layers: Transformer layers.
        hidden: Hidden size.
        inner: Inner size of the feed-forward part.
        queries: Width of a token's queries, all heads.
        keys: Width of its keys, and of its values.
        vocabulary: Rows of the output layer.
    """

    linear: int
    rest: int
    largest: int
    adapter: int
    layers: int
    hidden: int
    inner: int
    queries: int
    keys: int
    vocabulary: int

    @property
    def weights(self) -> int:
        """All weights of the base."""
        return self.linear + self.rest


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes by what they are for; see the module."""

    base: float
    trained: float
    activations: float
    dequantised: float
    gathered: float
    libraries: float

    @property
    def total(self) -> float:
        """All of it, with what is lost to fragments."""
        tensors = self.base + self.trained + self.activations + self.dequantised + self.gathered
        return FRAGMENTS * tensors + self.libraries

    def to_dict(self) -> dict[str, int]:
        """Return whole bytes, ready for JSON."""
        return {name: round(getattr(self, name)) for name in (*self.__slots__, "total")}


def shape_of(config: Any, settings: TrainSettings) -> Shape:
    """Count a model's weights, and those of its adapter, without making them."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    text = config.get_text_config()
    head = model.get_output_embeddings()
    linears = [
        module.weight.numel()
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    ]
    weights = sum(weight.numel() for weight in model.parameters())
    adapter = 0
    if settings.method != "full":
        with torch.device("meta"):
            adapted = add_adapter(model, lora_config(settings))
        adapter = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    head_dim = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    keys = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
    return Shape(
        linear=sum(linears),
        rest=weights - sum(linears),
        largest=max(linears, default=0),
        adapter=adapter,
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        inner=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        queries=head_dim * text.num_attention_heads,
        keys=head_dim * keys,
        vocabulary=text.vocab_size,
    )


def needed(shape: Shape, settings: TrainSettings, *, rows: int, tokens: int, device: str) -> Need:
    """Return what a step on `rows` rows of `tokens` tokens needs on a GPU ("cuda") or a "cpu", in each process.

    Args:
        shape: The model's, with its adapter.
        settings: The run's; `method` is one of "lora", "qlora" and "full".
        rows: Rows in memory at once.
        tokens: Tokens of the longest.
        device: Where it runs; a CPU computes in 32 bits.
    """
    size = HALF_BYTES if device == "cuda" else EXACT_BYTES
    weight_bytes = EXACT_BYTES if settings.method == "full" else size
    quantised = settings.method == "qlora"
    linear, rest = shape.linear * (NF4_BYTES if quantised else weight_bytes), shape.rest * weight_bytes
    shared = spread(settings, device)
    parts = settings.processes if shared else 1
    activations = _activations_bytes(shape, settings, rows, tokens, device)
    if settings.method == "full":
        copies = shape.linear * size if size < weight_bytes else 0
        gradients = shape.weights * EXACT_BYTES / parts
        activations = copies / parts + _with_gradients(activations, gradients, settings)
    return Need(
        base=(linear + rest) / parts,
        trained=_trained_bytes(shape, settings, size) / parts,
        activations=activations,
        dequantised=shape.largest * size if quantised else 0.0,
        gathered=2 * linear / shape.layers + rest if shared else 0.0,
        libraries=LIBRARIES_BYTES[device],
    )


def _trained_bytes(shape: Shape, settings: TrainSettings, size: int) -> float:
    """Return the bytes of adapters with their gradients and moments, or of the moments of all weights."""
    if settings.method == "full":
        return shape.weights * EXACT_BYTES * ADAM_STATES
    # PEFT keeps adapters of 16-bit bases in 32 bits, TRL casts those of 4-bit bases to 16.
    own = HALF_BYTES if settings.method == "qlora" else EXACT_BYTES
    return shape.adapter * (own * (2 + ADAM_STATES) + (size if size < own else 0))


def _activations_bytes(shape: Shape, settings: TrainSettings, rows: int, tokens: int, device: str) -> float:
    """Return the bytes of what is kept for the way back, and of what the layer at work adds to it."""
    size = HALF_BYTES if device == "cuda" else EXACT_BYTES
    stream = EXACT_BYTES if settings.method == "full" else size
    places = rows * tokens
    layer = _layer_bytes(shape, settings, tokens, device)
    kept = shape.layers * stream * shape.hidden + layer if settings.gradient_checkpointing else shape.layers * layer
    at_work = AT_WORK * size * shape.inner * places
    learnt = min(places, settings.batch_rows * settings.reply_tokens, TILE_TOKENS)
    tile = learnt * min(shape.vocabulary, TILE_VOCABULARY) * size
    return kept * places + max(at_work, tile)


def _layer_bytes(shape: Shape, settings: TrainSettings, tokens: int, device: str) -> float:
    """Return what one layer keeps of one token, a row of the mask of padding among it."""
    size = HALF_BYTES if device == "cuda" else EXACT_BYTES
    weights = HALF_LAYER[settings.method] if device == "cuda" else EXACT_LAYER
    widths = (shape.hidden, shape.queries, shape.keys, shape.inner)
    return sum(bytes_each * width for bytes_each, width in zip(weights, widths, strict=True)) + size * tokens


def _with_gradients(activations: float, gradients: float, settings: TrainSettings) -> float:
    """Return the bytes of both at their most: one grows as the other shrinks, unless gradients of batches add up."""
    return activations + gradients if settings.accumulate > 1 else max(activations, gradients)
