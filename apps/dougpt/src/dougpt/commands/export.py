"""`dougpt export`: samples as JSON lines, or the workspace as DVC stages."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.project import Project

FORMS = ("messages", "prompt-completion", "sharegpt", "jsonl", "dvc")


@click.command()
@options.workspace
@click.option("--as", "form", type=click.Choice(FORMS), required=True, help="What to write.")
@click.option(
    "--split",
    type=click.Choice(("train", "validation", "test")),
    default="train",
    show_default=True,
    help="Which samples.",
)
@click.option(
    "--replies",
    type=click.Choice(("burst", "single")),
    default="burst",
    show_default=True,
    help="One row a turn with all its replies, or one row a reply.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file to write; by default beside what it was made of."
)
def command(workspace: Path, form: str, split: str, replies: str, out: Path | None) -> None:
    """Write the samples in another tool's format, or a dvc.yaml for the workspace.

    messages, prompt-completion, sharegpt: JSON lines for training tools; jsonl: the samples as they are.
    dvc: a dvc.yaml whose stages call dougpt, for `dvc repro`; write it again after an update of dougpt.

    \b
    Example:
      dougpt export --as messages --split train
      dougpt export --as dvc && dvc repro
    """
    from dougpt.project import Project

    project = Project.open(workspace)
    if form == "dvc":
        from dougpt.dvc import write_dvc

        click.echo(write_dvc(project, out))
        return
    click.echo(_write_lines(project, form, split, replies, out))


def _write_lines(project: "Project", form: str, split: str, replies: str, out: Path | None) -> Path:
    import dougpt_curate
    from dougpt_schema import SAMPLES, atomic_write, read_table

    folder = project.workspace.dataset(project.settings.dataset.name)
    samples = read_table(folder / f"{split}.parquet", SAMPLES)
    path = out or folder / "exports" / f"{split}.{form}.jsonl"
    lines: Iterator[str]
    match form:
        case "messages":
            lines = dougpt_curate.messages_jsonl(samples, replies)  # type: ignore[arg-type]  # click checked the choice
        case "prompt-completion":
            lines = dougpt_curate.prompt_completion_jsonl(samples, replies)  # type: ignore[arg-type]  # click checked it
        case "sharegpt":
            lines = dougpt_curate.sharegpt_jsonl(samples, replies)  # type: ignore[arg-type]  # click checked the choice
        case _:
            lines = dougpt_curate.jsonl(samples)

    def write(file: BinaryIO) -> None:
        file.writelines(_encoded(lines))

    atomic_write(path, write)
    return path


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        yield line.rstrip("\n").encode() + b"\n"
