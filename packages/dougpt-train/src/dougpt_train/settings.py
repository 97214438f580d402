"""What a run may be told. Importing this loads nothing heavy; every field carries its help text."""

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from dougpt_train.presets import PRESETS

Form = Literal["burst", "single"]
Method = Literal["auto", "lora", "qlora", "full"]
Backend = Literal["trl", "unsloth"]
Device = Literal["auto", "cpu", "cuda"]
PresetName = Literal["", "cpu", "8gb", "12gb", "16gb", "24gb", "48gb", "80gb"]

TINY = "tiny"
WIDTH_STEP = 64
"""Input widths of linear layers: 4-bit inference on a CPU repacks weights in blocks of 64."""


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """How samples become an adapter; the defaults train the embedded tiny model on two cores."""

    preset: PresetName = field(
        default="",
        metadata={
            "help": "A tier of hardware ('cpu', '8gb', '12gb', '16gb', '24gb', '48gb', '80gb') that names a base model "
            "and fills in every setting left at its default."
        },
    )
    base: str = field(
        default=TINY,
        metadata={
            "help": "The model to adapt: 'tiny' is made on the spot from the training split, anything else is the "
            "folder of a local model, or a model's name on the hub that was fetched before."
        },
    )
    download: bool = field(
        default=False, metadata={"help": "Fetch a base model that is named and not here; never done without."}
    )
    method: Method = field(
        default="auto",
        metadata={
            "help": "'lora' trains an adapter on 16-bit weights (32-bit on a CPU), 'qlora' one on 4-bit NF4 weights, "
            "'full' all weights; 'auto' is 'qlora' on a GPU and 'lora' elsewhere."
        },
    )
    backend: Backend = field(
        default="trl",
        metadata={
            "help": "'trl' trains with TRL and PEFT; 'unsloth' lets Unsloth, which you install yourself, load the "
            "model and its adapter: same data, same record, a GPU only."
        },
    )
    device: Device = field(default="auto", metadata={"help": "'auto' takes the GPU where there is one."})
    seed: int = field(default=18, metadata={"help": "Decides every draw: replies, order of rows, first weights."})

    form: Form = field(
        default="burst",
        metadata={"help": "'burst' answers a turn with several replies, one a line; 'single' with exactly one."},
    )
    single_share: float = field(
        default=1.0,
        metadata={
            "help": "With bursts: the share of samples that is rendered once more with one drawn reply, the form in "
            "which single replies are scored."
        },
    )
    instruction: str = field(
        default="", metadata={"help": "A line that opens every prompt, for models that were taught to follow one."}
    )
    context_lines: int = field(default=1, metadata={"help": "At most this many earlier utterances stand in a prompt."})
    burst_lines: int = field(default=12, metadata={"help": "At most this many replies stand in a burst."})
    prompt_tokens: int = field(
        default=96, metadata={"help": "Longer prompts lose their oldest words, in training and in use alike."}
    )
    reply_tokens: int = field(
        default=96, metadata={"help": "Longer bursts lose lines, longer single replies are not trained on."}
    )

    epochs: int = field(default=4, metadata={"help": "Passes over the samples; each draws its replies anew by weight."})
    max_steps: int = field(default=0, metadata={"help": "Stop after this many steps; 0 means after the last epoch."})
    batch_rows: int = field(default=16, metadata={"help": "Rows a step, on each device."})
    accumulate: int = field(default=1, metadata={"help": "Batches added up before the weights change."})
    processes: int = field(
        default=1,
        metadata={"help": "Processes that train together, one on each GPU; a step takes this many times the rows."},
    )
    sharded: bool = field(
        default=True,
        metadata={
            "help": "Several GPUs share the base's weights (FSDP), for bases too large for one; false keeps all of "
            "them on each (DDP), which is faster where they fit."
        },
    )
    learning_rate: float = field(default=1e-3, metadata={"help": "The peak; 1e-4 to 2e-4 suits models of billions."})
    warmup_share: float = field(default=0.05, metadata={"help": "The share of the steps in which the rate rises."})
    rank: int = field(default=16, metadata={"help": "The adapter's rank."})
    alpha: int = field(default=32, metadata={"help": "The adapter's scale is alpha / rank."})
    dropout: float = field(default=0.0, metadata={"help": "Dropout in front of the adapter."})
    gradient_checkpointing: bool = field(
        default=False, metadata={"help": "Compute activations twice to need less memory; for big models."}
    )
    group_by_length: bool = field(
        default=True, metadata={"help": "Rows of like length share a batch, so that little of it is padding."}
    )
    packing: bool = field(
        default=False,
        metadata={
            "help": "Rows stand behind one another instead of being padded; first it is checked that they then compute "
            "what they compute alone."
        },
    )
    pack_tokens: int = field(
        default=0, metadata={"help": "Tokens of a pack; 0 means so many that two hold batch_rows average rows."}
    )
    log_steps: int = field(default=10, metadata={"help": "Steps between two points of the loss curve."})
    eval_steps: int = field(
        default=50, metadata={"help": "Steps between two measurements on the validation split; 0 means never."}
    )
    patience: int = field(
        default=0,
        metadata={"help": "Stop after this many measurements without a better one and keep the best; 0 means never."},
    )
    save_steps: int = field(default=0, metadata={"help": "Steps between two checkpoints to resume from; 0 means none."})
    canary: bool = field(
        default=False,
        metadata={"help": "Before the run, learn eight rows by heart and see that they come back and stop."},
    )

    score_rows: int = field(default=32, metadata={"help": "Rows at once when replies are scored or generated."})
    temperature: float = field(default=1.0, metadata={"help": "Sampling: below 1 is safer, above 1 is wilder."})
    top_p: float = field(default=0.95, metadata={"help": "Sampling: only the likeliest words of this total mass."})

    tiny_vocabulary: int = field(default=1024, metadata={"help": "Tiny base: tokens, the 256 bytes among them."})
    tiny_width: int = field(default=128, metadata={"help": "Tiny base: hidden size, a multiple of 64."})
    tiny_layers: int = field(default=3, metadata={"help": "Tiny base: transformer layers."})
    tiny_steps: int = field(default=200, metadata={"help": "Tiny base: steps of its first training."})
    tiny_batch_rows: int = field(default=24, metadata={"help": "Tiny base: rows a step of its first training."})
    tiny_learning_rate: float = field(default=3e-3, metadata={"help": "Tiny base: the peak of its first training."})

    def __post_init__(self) -> None:
        """Refuse what could not be trained.

        Raises:
            ValueError: A field is outside its range; the message names it.
        """
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not one of {', '.join(choices)}")
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} is {getattr(self, name)}, not {_range_told(low, high)}")
        if self.tiny_width % WIDTH_STEP:
            raise ValueError(f"tiny_width is {self.tiny_width}, not a multiple of {WIDTH_STEP}")
        if self.base == TINY and not self.preset and self.method == "full":
            raise ValueError("method 'full' on base 'tiny' trains it twice: raise tiny_steps and use 'lora'")
        if self.patience and not self.eval_steps:
            raise ValueError(f"patience is {self.patience}, and eval_steps is 0: nothing is measured")
        if self.backend == "unsloth" and self.processes > 1:
            raise ValueError(f"backend 'unsloth' trains in one process: processes is {self.processes}")
        if self.backend == "unsloth" and self.base == TINY and not self.preset:
            raise ValueError("backend 'unsloth' needs a base model of its own: base is 'tiny'")

    def resolved(self, device: str) -> "TrainSettings":
        """Return the settings as they are trained with on "cuda" or "cpu": preset filled in, no 'auto' method left."""
        found = self
        if self.preset:
            chosen = PRESETS[self.preset]
            given: dict[str, Any] = {"base": chosen.base, **chosen.settings}
            untouched = {one.name for one in fields(self) if getattr(self, one.name) == one.default}
            found = replace(self, **{name: value for name, value in given.items() if name in untouched})
        if found.method == "auto":
            found = replace(found, method="qlora" if device == "cuda" and found.base != TINY else "lora")
        return found

    def rendering(self) -> dict[str, object]:
        """Return the fields that decide what a model is asked and how its answer is drawn."""
        return {name: getattr(self, name) for name in _RENDERING}


_CHOICES = {
    "preset": get_args(PresetName),
    "method": get_args(Method),
    "backend": get_args(Backend),
    "device": get_args(Device),
    "form": get_args(Form),
}
_RANGES = {
    **dict.fromkeys(("burst_lines", "prompt_tokens", "reply_tokens"), (1, math.inf)),
    **dict.fromkeys(
        ("epochs", "batch_rows", "accumulate", "processes", "rank", "alpha", "log_steps", "score_rows"), (1, math.inf)
    ),
    **dict.fromkeys(("tiny_layers", "tiny_steps", "tiny_batch_rows"), (1, math.inf)),
    **dict.fromkeys(("seed", "context_lines", "max_steps", "eval_steps", "save_steps", "patience"), (0, math.inf)),
    "pack_tokens": (0, math.inf),
    "tiny_vocabulary": (512, math.inf),
    "single_share": (0, 1),
    "learning_rate": (1e-9, 1),
    "tiny_learning_rate": (1e-9, 1),
    "warmup_share": (0, 0.5),
    "dropout": (0, 0.9),
    "temperature": (0.01, 10),
    "top_p": (0.01, 1),
}
_RENDERING = (
    "form",
    "single_share",
    "instruction",
    "context_lines",
    "burst_lines",
    "prompt_tokens",
    "reply_tokens",
    "temperature",
    "top_p",
)


def _range_told(low: float, high: float) -> str:
    return f"at least {low}" if high == math.inf else f"between {low} and {high}"
