"""Everything a run needs before its first step: the samples as tokens, for the base model that will learn them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from dougpt_schema import SAMPLES, ArrowStream
from jinja2 import TemplateError

from dougpt_train.base import Base, find_device, open_base
from dougpt_train.errors import RenderError
from dougpt_train.render import Encoded, Renderer, RenderReport
from dougpt_train.settings import TrainSettings


@dataclass(frozen=True, slots=True)
class Prepared:
    """Samples rendered for a base model.

    Attributes:
        settings: The run's settings, as they are trained with.
        base: The base model.
        renderer: The rendering that training, scoring and generation share.
        samples: The training samples.
        validation: The samples to measure on, maybe none.
        rows: The training rows of all epochs.
        validation_rows: The rows to measure on.
        report: What rendering did to the training samples.
    """

    settings: TrainSettings
    base: Base
    renderer: Renderer
    samples: pa.Table
    validation: pa.Table
    rows: Sequence[Encoded]
    validation_rows: Sequence[Encoded]
    report: RenderReport


def samples_of(table: ArrowStream | None) -> pa.Table:
    """Return a split as a checked table, empty where there is none."""
    return SAMPLES.empty() if table is None else SAMPLES.check(SAMPLES.conform(table))


def prepare(samples: ArrowStream, settings: TrainSettings, validation: ArrowStream | None = None) -> Prepared:
    """Open the base model and render the samples for it.

    Raises:
        ContractError: A table is no table of samples.
        BaseModelError: The base model is not there.
        RenderError: The base model's chat template refuses the conversations.
    """
    table, held_out = samples_of(samples), samples_of(validation)
    settings = settings.resolved(find_device(settings))
    base = open_base(settings, table)
    if not base.tokenizer.chat_template:
        raise RenderError(f"base model {base.name} has no chat template")
    renderer = Renderer(base.tokenizer, settings, base.stop_ids)
    try:
        rows, report = renderer.rows(table, settings.epochs)
        encoded = renderer.encode(rows)
        validation_rows = renderer.encode(renderer.rows(held_out)[0])
    except TemplateError as error:
        raise RenderError(f"the chat template of base model {base.name} refuses: {error}") from error
    return Prepared(settings, base, renderer, table, held_out, encoded, validation_rows, report)
