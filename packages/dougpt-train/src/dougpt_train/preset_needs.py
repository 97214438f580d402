"""What each preset needs, by the memory formula from the shape of its base model, beside what a GPU was seen to take.

The measured figures are peaks of two steps on an H100 of 80 GB (PyTorch 2.11, transformers 5.17, bitsandbytes 0.50),
with a base of random weights: `just bench train memory --device cuda`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from transformers import AutoConfig

from dougpt_train.memory import Need, Shape, needed, shape_of
from dougpt_train.presets import PRESETS, Preset
from dougpt_train.settings import TrainSettings

GB = 1e9
MEASURED_GB = {"8gb": 4.9, "12gb": 8.7, "16gb": 12.4, "24gb": 15.8, "48gb": 36.9}
HEADINGS = ("preset", "base model", "weights", "method", "rank", "tokens a row", "rows a step", "memory", "measured")


@dataclass(frozen=True, slots=True)
class Computed:
    """A preset's run.

    Attributes:
        settings: As it is trained with.
        weights: Weights of the base.
        need: What its largest batch needs.
    """

    settings: TrainSettings
    weights: int
    need: Need


def computed(preset: Preset) -> Computed:
    """Compute what a preset needs from the shape of its base; nothing is fetched or loaded."""
    device = "cpu" if preset.name == "cpu" else "cuda"
    settings = TrainSettings(preset=preset.name).resolved(device)  # type: ignore[arg-type] # the names are the same
    shape = _shape(preset, settings)
    tokens = settings.prompt_tokens + settings.reply_tokens
    return Computed(
        settings, shape.weights, needed(shape, settings, rows=settings.batch_rows, tokens=tokens, device=device)
    )


def _shape(preset: Preset, settings: TrainSettings) -> Shape:
    """Return the shape of a preset's base from its first two layers: all of them are alike."""
    kind, sizes = preset.architecture
    one, two = (
        shape_of(AutoConfig.for_model(kind, **{**sizes, "num_hidden_layers": layers}), settings) for layers in (1, 2)
    )
    layers = int(sizes["num_hidden_layers"])
    grown = {
        name: getattr(one, name) + (layers - 1) * (getattr(two, name) - getattr(one, name))
        for name in ("linear", "rest", "adapter", "layers")
    }
    return replace(one, **grown)


def table() -> Iterator[str]:
    """Yield the lines of the table in Markdown."""
    yield f"| {' | '.join(HEADINGS)} |"
    yield f"| {' | '.join('---' for _ in HEADINGS)} |"
    for preset in PRESETS.values():
        found = computed(preset)
        settings = found.settings
        cells = (
            f"`{preset.name}`",
            preset.base,
            f"{found.weights / GB:.1f} B",
            settings.method,
            settings.rank,
            settings.prompt_tokens + settings.reply_tokens,
            f"{settings.batch_rows} x {settings.accumulate}",
            f"{found.need.total / GB:.1f} of {preset.memory_gb} GB, computed",
            f"{MEASURED_GB[preset.name]} GB" if preset.name in MEASURED_GB else "",
        )
        yield f"| {' | '.join(str(cell) for cell in cells)} |"
