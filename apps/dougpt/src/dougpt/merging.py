"""An adapter folded into its base model: one folder that any tool for local models opens."""

import shutil
from pathlib import Path

from dougpt_schema import DougptError
from dougpt_train import load


class MergeError(DougptError):
    """The run cannot be merged, or there is something in the way."""


def merge(run_folder: Path, out: Path) -> Path:
    """Write base model and adapter of a run as one model to `out`, which must not exist, and return it.

    Raises:
        MergeError: `out` exists, or the run trained all weights, so that nothing is left to merge.
    """
    if out.exists():
        raise MergeError(f"{out}: exists already")
    model = load(run_folder, device="cpu")
    if not hasattr(model.network, "merge_and_unload"):
        raise MergeError(f"{run_folder}: trained all weights; its model needs no merge")
    partial = out.with_name(f".{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    model.network.merge_and_unload().save_pretrained(partial)
    model.renderer.tokenizer.save_pretrained(partial)
    partial.rename(out)
    return out
