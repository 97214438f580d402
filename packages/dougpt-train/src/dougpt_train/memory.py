"""How much memory a step needs, by formula: computed from a model's shape, before its weights are anywhere.

Weights are counted on the meta device, so any architecture that transformers knows will do. The parts, in bytes, for
B rows of T tokens, hidden size H, inner size I of the feed-forward part, N layers, V tokens:

- base: 2 a weight in 16 bits, 4 in 32; in NF4 the linear layers take 4.127 bits, the rest stays in 16
- trained: weight, gradient and the two moments of AdamW
- activations: with checkpointing one input a layer and one layer whole, without it all layers whole
- dequantised: the largest 4-bit matrix once in 16 bits
- gathered: where GPUs share the base, the layer at work and the next one whole, embeddings and output layer too; each
  GPU holds its part of the base and of what is trained
- logits: 8 bytes an entry for a tile of at most 32768 tokens, as TRL's fused head computes them

A twelfth on top is for fragments, a constant for the libraries themselves. Measured points stand in the guide; what is
not measured is only computed.
"""

from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from dougpt_train.adapter import add_adapter, lora_config
from dougpt_train.base import spread
from dougpt_train.settings import TrainSettings

NF4_BYTES = 4.127 / 8
HEAD_TILE = 32768
LOGIT_BYTES = 8
FRAGMENTS = 1.08
LIBRARIES_BYTES = {"cuda": 1.1e9, "cpu": 0.8e9}
ADAM_STATES = 2
EXACT_BYTES, HALF_BYTES = 4, 2


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
        attention: Width of queries, keys and values together.
        vocabulary: Rows of the output layer.
    """

    linear: int
    rest: int
    largest: int
    adapter: int
    layers: int
    hidden: int
    inner: int
    attention: int
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
    logits: float
    libraries: float

    @property
    def total(self) -> float:
        """All of it, with what is lost to fragments."""
        tensors = self.base + self.trained + self.activations + self.dequantised + self.gathered + self.logits
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
        attention=head_dim * (text.num_attention_heads + 2 * keys),
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
    quantised = settings.method == "qlora"
    linear, rest = shape.linear * (NF4_BYTES if quantised else size), shape.rest * size
    shared = spread(settings, device)
    parts = settings.processes if shared else 1
    places = rows * tokens
    layer = _layer_bytes(shape, size) * places
    inputs = shape.hidden * size * places
    kept = shape.layers * inputs + layer if settings.gradient_checkpointing else shape.layers * layer
    return Need(
        base=(linear + rest) / parts,
        trained=_trained_bytes(shape, settings, size) / parts,
        activations=kept,
        dequantised=shape.largest * size if quantised else 0.0,
        gathered=2 * linear / shape.layers + rest if shared else 0.0,
        logits=places * min(shape.vocabulary, HEAD_TILE) * LOGIT_BYTES,
        libraries=LIBRARIES_BYTES[device],
    )


def _trained_bytes(shape: Shape, settings: TrainSettings, size: int) -> float:
    """Weights that are trained, their gradients and moments; those of a full training are part of the base already."""
    if settings.method == "full":
        return shape.weights * size * (1 + ADAM_STATES)
    # PEFT keeps adapters of 16-bit bases in 32 bits, TRL casts those of 4-bit bases to 16.
    own = HALF_BYTES if settings.method == "qlora" else EXACT_BYTES
    return shape.adapter * own * (2 + ADAM_STATES)


def _layer_bytes(shape: Shape, size: int) -> int:
    """What one layer keeps of one token for the way back, the inputs of its norms in 32 bits among it."""
    residuals, norms, feed_forward = 6 * shape.hidden, 2 * shape.hidden, 4 * shape.inner
    return size * (residuals + 2 * shape.attention + feed_forward) + EXACT_BYTES * norms
