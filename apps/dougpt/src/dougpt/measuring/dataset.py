"""What a dataset's evaluation is made of: its samples, what to look at replies with, and what stands beside a model."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from dougpt_curate.judging import offends, reply_styles
from dougpt_eval import Report, evaluate
from dougpt_eval.evaluation import EMOTE_FAMILY
from dougpt_eval.transcript import draw_examples
from dougpt_schema import PROFILE, SAMPLES, DougptError, Model, Split, read_table

from dougpt.nameset import NameSet
from dougpt.page.naming import BASE, FEW_SHOT
from dougpt.project import Project
from dougpt.terminal import note
from dougpt.workspace import read_json


class NothingHeldOutError(DougptError):
    """The test split is empty."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A curated dataset as evaluation reads it."""

    project: Project
    name: str
    test: pa.Table
    training: pa.Table
    profile: pa.Table
    members: tuple[str, ...]

    @classmethod
    def open(cls, project: Project, name: str) -> "Dataset":
        """Read a dataset.

        Raises:
            ArtifactError: It is not curated yet.
            NothingHeldOutError: Its test split is empty.
        """
        folder = project.workspace.dataset(name)
        test, training = (read_table(folder / f"{split}.parquet", SAMPLES) for split in (Split.TEST, Split.TRAIN))
        if not test.num_rows:
            raise NothingHeldOutError(
                f"{folder}: no test samples to evaluate on; bring more or longer recordings, or lower curate.embargo_s"
            )
        profile = read_table(folder / "profile.parquet", PROFILE)
        members = tuple(read_json(folder / "report_curate.json")["recordings"])
        return cls(project, name, test, training, profile, members)

    def examples(self) -> pa.Table:
        """Return the training samples that stand in the prompt of a model that was not trained on any."""
        settings = self.project.settings.evaluate
        return draw_examples(self.training, settings.few_shot, settings.seed)

    def measure(self, model: Model, references: Mapping[str, Model] | None = None, **changes: Any) -> Report:
        """Evaluate a model beside the baselines; `changes` replace settings."""
        curate = self.project.settings.curate
        emotes = {row["key"] for row in self.profile.to_pylist() if row["name"] == EMOTE_FAMILY}
        return evaluate(
            model,
            self.test,
            replace(self.project.settings.evaluate, **changes),
            profile=self.profile,
            training=self.training,
            references=references,
            names=NameSet.of(self.project, self.members),
            harasses=offends(curate),
            styles_of=lambda bursts, prompts: reply_styles(bursts, prompts, curate, emotes),
            progress=lambda name, done, total: note(f"evaluate: {name} ({done} of {total})"),
        )


def references_of(dataset: Dataset, run_folder: Path) -> dict[str, Model]:
    """Return what stands beside a run's model: its base model, asked as the model is, and with a few examples.

    The first tells what the adapter brought, on equal terms; settings without examples leave the second out.
    """
    from dougpt_train.few_shot import load_bases  # noqa: PLC0415 - loads PyTorch

    examples = dataset.examples()
    shown = {BASE: examples.slice(0, 0)} | ({FEW_SHOT: examples} if examples.num_rows else {})
    return dict(load_bases(run_folder, shown))
