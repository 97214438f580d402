"""The base model of a run without what was trained: what a few examples in its prompt bring, and nothing else.

It is the baseline that an adapter has to beat. The examples stand in front of the user's turn, in the form that the
run was trained on; the turn behind them is rendered as it is for the adapter.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_schema import SAMPLES, ArrowStream, fingerprint

from dougpt_train.base import find_device, load_weights
from dougpt_train.model import ChatModel, open_run_base
from dougpt_train.record import read_record, read_settings
from dougpt_train.render import Renderer, RenderReport
from dougpt_train.settings import Form, TrainSettings

HEADING = "Viewers answer a streamer in his chat:"


class FewShotRenderer(Renderer):
    """A renderer that shows real exchanges before it asks.

    Args:
        tokenizer: A `transformers` tokenizer with a chat template.
        settings: The run's settings.
        stop_ids: The tokens that end an answer.
        examples: Samples in the order in which they are shown.
    """

    def __init__(self, tokenizer: Any, settings: TrainSettings, stop_ids: Sequence[int], examples: pa.Table) -> None:
        super().__init__(tokenizer, settings, stop_ids)
        self._shown = {form: self._show(examples, form) for form in ("burst", "single")}

    def prompts(self, samples: pa.Table, form: Form, report: RenderReport | None = None) -> list[str]:
        """Return the user turn of each sample behind the examples; `prompt_tokens` holds for the turn alone."""
        return [self._shown[form] + user for user in super().prompts(samples, form, report)]

    def _show(self, examples: pa.Table, form: Form) -> str:
        if not examples.num_rows:
            return ""
        users = super().prompts(examples, form)
        most = 1 if form == "single" else self.settings.burst_lines
        bursts = [
            [self.line(reply["text"]) for reply in replies[:most]] for replies in examples["responses"].to_pylist()
        ]
        shown = ["\n".join([user, *replies]) for user, replies in zip(users, bursts, strict=True)]
        return "\n\n".join([HEADING, *shown, ""])


def load_bases[Name](
    run_folder: Path | str,
    examples: Mapping[Name, ArrowStream],
    *,
    base: Path | str | None = None,
    device: str | None = None,
) -> dict[Name, ChatModel]:
    """Open the base model of a finished run once, without its adapter, to be asked with several tables of examples.

    Args:
        run_folder: What `train` wrote.
        examples: Training samples that stand in every prompt, in order, by a name for each model; a table of none asks
            the base model as the adapter is asked.
        base: Where the base model is now, if it was moved since; its files must be the same.
        device: "cpu" or "cuda"; None takes what the run's settings say.

    Raises:
        RunFolderError: The run is not complete, or its base model's files are not those it was trained on.
        BaseModelError: The base model is not there.
    """
    folder = Path(run_folder)
    record, settings = read_record(folder), read_settings(folder)
    opened = open_run_base(folder, settings, record, base)
    network = load_weights(opened, settings, device or find_device(settings))
    base_files = record["results"].get("base") or record["inputs"]["base"]
    found = {}
    for name, table in examples.items():
        shown = SAMPLES.conform(table)
        renderer = FewShotRenderer(opened.tokenizer, settings, opened.stop_ids, shown)
        told = shown.select(["context", "prompt", "responses", "rate_bucket"]).to_pylist()
        found[name] = ChatModel(network, renderer, fingerprint("FewShot", base_files, settings.rendering(), told))
    return found
