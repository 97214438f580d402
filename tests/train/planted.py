"""Fifteen faults that training would not show, one a check, and five set-ups that are sound.

`tests/train/test_planted.py` and `benchmarks/train.py` both go through them. Each takes a world and returns the checks
that failed: what each found, by its code.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
from dougpt_schema import SAMPLES
from dougpt_train import Preflight, TrainSettings, preflight, tiny, train
from dougpt_train.base import open_folder
from dougpt_train.checks import canary, memory, packing, setup
from dougpt_train.errors import NotReproducedError, PreflightFailedError
from dougpt_train.record import INPUTS, WEIGHTS, write_json
from safetensors.torch import load_file, save_file

HEALTHY_LOSS = 0.5


@dataclass(frozen=True)
class World:
    """What a fault is planted in.

    Attributes:
        samples: A training split.
        validation: A split to measure on.
        settings: A small run.
        folder: An empty folder.
        base: The folder of a local model that has hardly been trained.
    """

    samples: pa.Table
    validation: pa.Table
    settings: TrainSettings
    folder: Path
    base: Path

    def check(self, *, samples: pa.Table | None = None, **changes: Any) -> Preflight:
        """Return the preflight of the world's run with other settings."""
        rows = self.samples if samples is None else samples
        return preflight(rows, replace(self.settings, **changes), validation=self.validation, folder=self.folder)

    def changed_base(self, change: Callable[[Any], None]) -> str:
        """Return the folder of the local model with its tokenizer changed."""
        folder = self.folder / "changed"
        opened = open_folder("changed", self.base)
        change(opened.tokenizer)
        tiny.make_model(opened.config, self.settings).save_pretrained(folder)
        opened.tokenizer.save_pretrained(folder)
        return str(folder)


def failed(found: Preflight) -> dict[str, str]:
    """Return what the checks found that failed, by their codes."""
    return {check.code: check.found for check in found.checks if check.status == "failed"}


def a_recording_on_both_sides(world: World) -> dict[str, str]:
    """The first rows of training are held out too."""
    at = world.samples.schema.get_field_index("split")
    rows = world.samples.slice(0, 3)
    held_out = rows.set_column(at, rows.schema.field("split"), pa.array(["test"] * rows.num_rows))
    return failed(preflight(world.samples, world.settings, test=held_out, folder=world.folder))


def a_template_that_refuses(world: World) -> dict[str, str]:
    """The template raises where it meets a conversation."""

    def refuse(tokenizer: Any) -> None:
        tokenizer.chat_template = "{{ raise_exception('only Latin is spoken here') }}"

    return failed(world.check(base=world.changed_base(refuse)))


def a_stop_outside_the_reply(world: World) -> dict[str, str]:
    """The template closes the assistant's turn with nothing."""

    def forget(tokenizer: Any) -> None:
        tokenizer.chat_template = tokenizer.chat_template.replace(
            "message['content'] + '<|im_end|>'", "message['content']"
        )

    return failed(world.check(base=world.changed_base(forget)))


def another_prompt_in_use(world: World) -> dict[str, str]:
    """Generation asks with words that training never saw."""

    def differ(tokenizer: Any) -> None:
        tokenizer.chat_template += "{%- if add_generation_prompt -%}{{- 'Sure! ' -}}{%- endif -%}"

    return failed(world.check(base=world.changed_base(differ)))


def two_beginnings(world: World) -> dict[str, str]:
    """The token of beginning stands in the prompt twice."""

    def begin(tokenizer: Any) -> None:
        tokenizer.bos_token = tiny.START

    return failed(world.check(base=world.changed_base(begin)))


def prompts_that_cannot_fit(world: World) -> dict[str, str]:
    """The template alone is longer than a prompt may be."""
    return failed(world.check(prompt_tokens=5))


def added_tokens(world: World) -> dict[str, str]:
    """Emotes were added to the vocabulary, the embeddings were not."""

    def add(tokenizer: Any) -> None:
        tokenizer.add_tokens(["KEKW", "OMEGALUL"])

    return failed(world.check(base=world.changed_base(add)))


def nothing_to_learn(world: World) -> dict[str, str]:
    """Every reply has the weight 0."""
    rows = world.samples.to_pylist()[:3]
    for row in rows:
        row["responses"] = [response | {"weight": 0.0} for response in row["responses"]]
    return failed(world.check(samples=SAMPLES.table(rows)))


def all_weights_of_a_quantised_base(world: World) -> dict[str, str]:
    """A base in 4 bits is to be trained in full."""
    with patch.object(setup, "quantised", lambda _: "bitsandbytes"):
        return failed(world.check(base=str(world.base), method="full"))


def too_little_memory(world: World) -> dict[str, str]:
    """The machine has less memory than the libraries alone take."""
    with patch.object(memory, "memory_of", lambda _: 5e8):
        return failed(world.check())


def rows_that_see_one_another(world: World) -> dict[str, str]:
    """The collator adds a mask of ones, with which rows of a pack attend to each other."""
    honest = packing.packed_batch

    def contaminated(*given: Any) -> dict[str, Any]:
        batch = honest(*given)
        kept = {name: batch[name] for name in ("input_ids", "labels")}
        return kept | {"attention_mask": batch["input_ids"] * 0 + 1}

    with patch.object(packing, "packed_batch", contaminated):
        return failed(world.check(base=str(world.base), packing=True))


def a_stop_that_is_not_learnt(world: World) -> dict[str, str]:
    """The labels lose their stop on the way to the trainer, after every other check; the loss looks healthy."""
    honest = canary.make_trainer

    def without_stops(base: Any, settings: Any, rows: Any, **given: Any) -> Any:
        return honest(base, settings, [replace(row, ids=row.ids[:-1]) for row in rows], **given)

    with patch.object(canary, "make_trainer", without_stops), canary_steps(110):
        found = world.check(**by_heart(world))
    loss = float(str(found.of("P12").facts["loss"]))
    return failed(found) if loss < HEALTHY_LOSS else {}


def other_data_on_resume(world: World) -> dict[str, str]:
    """A killed run was made from one sample more."""
    before = world.check()
    killed = world.folder / "run.partial"
    killed.mkdir()
    write_json(killed / INPUTS, {"inputs": {"samples": before.fingerprint}, "drift": {}})
    return failed(preflight(world.samples, world.settings, folder=world.folder, killed=killed))


def an_untested_library(world: World) -> dict[str, str]:
    """TRL is older than anything that was tried."""
    honest = setup.library_versions
    with patch.object(setup, "library_versions", lambda *names: honest(*names) | {"trl": "0.9.6"}):
        return failed(world.check())


def an_adapter_spoilt_on_disk(world: World) -> dict[str, str]:
    """What is saved is not what was trained."""
    from dougpt_train import fitting

    honest = fitting.save_adapter

    def spoil(model: Any, folder: Path, base_name: str, weights: Any = None) -> None:
        honest(model, folder, base_name, weights)
        saved = load_file(folder / WEIGHTS)
        save_file({name: weight + 0.1 for name, weight in saved.items()}, folder / WEIGHTS)

    short = replace(world.settings, base=str(world.base), max_steps=2, learning_rate=1e-2)
    with patch.object(fitting, "save_adapter", spoil):
        try:
            train(world.samples, short, world.folder / "run")
        except NotReproducedError as error:
            return {"P15": str(error)}
        except PreflightFailedError as error:
            return failed(error.preflight)
    return {}


def by_heart(world: World) -> dict[str, Any]:
    """Return the settings with which the small base learns rows by heart: all weights."""
    return {
        "base": str(world.base),
        "method": "full",
        "learning_rate": 3e-4,
        "canary": True,
        "log_steps": 10,
        "single_share": 0.0,
    }


@contextmanager
def canary_steps(steps: int) -> Iterator[None]:
    """Let the canary take fewer steps: the tiny base, with all its weights free, needs no more."""
    with patch.object(canary, "STEPS", steps):
        yield


FAULTS: dict[str, Callable[[World], dict[str, str]]] = {
    "P1": a_recording_on_both_sides,
    "P2": a_template_that_refuses,
    "P3": a_stop_outside_the_reply,
    "P4": another_prompt_in_use,
    "P5": two_beginnings,
    "P6": prompts_that_cannot_fit,
    "P7": added_tokens,
    "P8": nothing_to_learn,
    "P9": all_weights_of_a_quantised_base,
    "P10": too_little_memory,
    "P11": rows_that_see_one_another,
    "P12": a_stop_that_is_not_learnt,
    "P13": other_data_on_resume,
    "P14": an_untested_library,
    "P15": an_adapter_spoilt_on_disk,
}


def the_tiny_base(world: World) -> dict[str, str]:
    """The default of the embedded pipeline."""
    return failed(world.check())


def single_replies_of_a_local_model(world: World) -> dict[str, str]:
    """A folder as a base, one reply a row, an instruction in front."""
    return failed(world.check(base=str(world.base), form="single", instruction="You are the chat of a stream."))


def packed_rows(world: World) -> dict[str, str]:
    """Rows in packs."""
    return failed(world.check(base=str(world.base), packing=True))


def all_weights_with_the_canary(world: World) -> dict[str, str]:
    """Full training of a local model, rows learnt by heart first."""
    with canary_steps(110):
        return failed(world.check(**by_heart(world)))


def a_template_that_can_think(world: World) -> dict[str, str]:
    """A hybrid model's template: thoughts are off in training and use alike."""

    def think(tokenizer: Any) -> None:
        opening = "{{- '<|im_start|>assistant\\n' -}}"
        off = "{%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\\n\\n</think>\\n\\n' -}}"
        template = tokenizer.chat_template.replace(opening, opening + off + "{%- endif -%}")
        reply = "{{- '<|im_start|>' + message['role'] + '\\n' -}}\n{%- if message['role'] == 'assistant' -%}"
        tokenizer.chat_template = template.replace(reply, reply + "{{- '<think>\\n\\n</think>\\n\\n' -}}")

    return failed(world.check(base=world.changed_base(think)))


SOUND: dict[str, Callable[[World], dict[str, str]]] = {
    function.__name__: function
    for function in (
        the_tiny_base,
        single_replies_of_a_local_model,
        packed_rows,
        all_weights_with_the_canary,
        a_template_that_can_think,
    )
}
