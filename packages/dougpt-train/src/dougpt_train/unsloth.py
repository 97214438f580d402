"""Unsloth as the loader of model and adapter: its kernels instead of TRL's, with the same data and record.

Unsloth needs a GPU and is no dependency of this package: it patches PyTorch, transformers and TRL when it is imported,
and names versions of its own. Import it before anything else does (`start_backend`).
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from dougpt_schema import DougptError

from dougpt_train.settings import TrainSettings

if TYPE_CHECKING:
    from dougpt_train.base import Base

LINEAR_LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
NAME = "unsloth"


class UnslothError(DougptError):
    """Unsloth was asked for and cannot be used here."""


def start_backend(settings: TrainSettings) -> None:
    """Import Unsloth where the settings ask for it; call this before PyTorch and transformers are imported.

    Raises:
        UnslothError: It is not installed, or does not find a GPU.
    """
    if settings.backend != "unsloth":
        return
    if find_spec(NAME) is None:
        raise UnslothError(
            "backend 'unsloth': Unsloth is not installed; see unsloth.ai for the version that fits your GPU, "
            "or take backend = 'trl'"
        )
    try:
        import_module(NAME)
    except (ImportError, NotImplementedError, RuntimeError) as error:
        raise UnslothError(
            f"backend 'unsloth' does not start here: {str(error).partition('\n')[0] or repr(error)}"
        ) from error


def unsloth_model(base: "Base", settings: TrainSettings) -> Any:
    """Load a base with Unsloth, with its adapter unless all weights are trained.

    Raises:
        UnslothError: It is not installed, or does not find a GPU.
    """
    start_backend(settings)
    fast = import_module(NAME).FastLanguageModel
    model, _ = fast.from_pretrained(
        model_name=str(base.folder),
        max_seq_length=settings.prompt_tokens + settings.reply_tokens,
        dtype=None,
        load_in_4bit=settings.method == "qlora",
        full_finetuning=settings.method == "full",
        local_files_only=True,
    )
    if settings.method == "full":
        return model
    return fast.get_peft_model(
        model,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=list(LINEAR_LAYERS),
        bias="none",
        use_gradient_checkpointing="unsloth" if settings.gradient_checkpointing else False,
        random_state=settings.seed,
    )
