"""`dougpt export`: samples in the forms of other tools, a trained model for servers, or the workspace as DVC stages."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.project import Project

FORMS_OF_REPLIES = ("messages", "prompt-completion", "sharegpt")
LINES = (*FORMS_OF_REPLIES, "jsonl")
SERVED = ("merged", "ollama", "gguf")
FORMS = (*LINES, "parquet", "huggingface", "all", "dvc", *SERVED)
SPLITS = ("train", "validation", "test")


@click.command()
@options.workspace
@click.option("--as", "form", type=click.Choice(FORMS), required=True, help="What to write.")
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="train",
    help="Which samples.",
)
@click.option(
    "--replies",
    type=click.Choice(("burst", "single")),
    default="burst",
    help="JSON lines for training tools: one row a turn with all its replies, or one row a reply.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file to write; by default beside what it was made of."
)
@options.run
@click.option(
    "--converter", type=click.Path(path_type=Path), help="llama.cpp's convert_hf_to_gguf.py, for gguf and ollama."
)
@options.as_json
def command(
    workspace: Path,
    form: str,
    split: str,
    replies: str,
    out: Path | None,
    run_id: str | None,
    converter: Path | None,
    as_json: bool,
) -> None:
    """Write the samples or a trained model in the form of other tools.

    messages, prompt-completion, sharegpt: JSON lines for training tools; jsonl, parquet: the samples as they are.
    huggingface: a folder for datasets.load_dataset, with all splits, features and a card. all: each of these, all
    splits, and the dataset_info.json that LLaMA-Factory reads, in the folder exports/ beside the samples or --out.
    merged, gguf, ollama: a run's adapter merged into its base and verified, as a folder of safetensors that vLLM opens,
    as one GGUF file where llama.cpp's converter is given, or with a Modelfile for `ollama create`: of the GGUF file,
    or without the converter of the folder, which Ollama runs on Apple's MLX only.
    dvc: a dvc.yaml whose stages call dougpt, for `dvc repro`; write it again after an update of dougpt.

    \b
    Example:
      dougpt export --as messages --split train
      dougpt export --as huggingface --out my-dataset
      dougpt export --as dvc && dvc repro
      dougpt export --as gguf --converter llama.cpp/convert_hf_to_gguf.py
      ollama create chat -f $(dougpt export --as ollama --converter llama.cpp/convert_hf_to_gguf.py)
    """
    if form in SERVED:
        if form == "gguf" and converter is None:
            raise click.UsageError("--as gguf needs llama.cpp's converter: --converter PATH/TO/convert_hf_to_gguf.py")
        written = [_write_model(workspace, run_id, form, out, converter)]
    elif form == "dvc":
        from dougpt.dvc import write_dvc
        from dougpt.project import Project

        written = [write_dvc(Project.open(workspace), out)]
    else:
        if replies == "single" and form not in (*FORMS_OF_REPLIES, "all"):
            raise click.UsageError(
                f"--replies single is for {', '.join(FORMS_OF_REPLIES)}; {form} holds the samples as they are"
            )
        written = _write_samples(workspace, form, split, replies, out)
    options.print_files(written, as_json=as_json)


def _write_model(root: Path, run_id: str | None, form: str, out: Path | None, converter: Path | None) -> Path:
    from dougpt.runs import run_folder
    from dougpt.terminal import note, told_while_loading

    run = run_folder(root, run_id)
    with told_while_loading():
        from dougpt_train import export_run

    written = export_run(run, out or run / "merged", form, converter=converter)  # type: ignore[arg-type] # click checked it
    if form == "ollama" and converter is None:
        note("Ollama runs a folder of safetensors on Apple's MLX only; elsewhere add --converter, for a GGUF file")
    return written


def _write_samples(root: Path, form: str, split: str, replies: str, out: Path | None) -> list[Path]:
    from dougpt.freshness import note_if_earlier
    from dougpt.project import Project

    project = Project.open(root)
    note_if_earlier(project)
    match form:
        case "all":
            return _write_all(project, replies, out)
        case "huggingface":
            return _write_folder(project, out or _exports(project) / "huggingface")
    return [_write(project, form, split, replies, out)]


def _exports(project: "Project") -> Path:
    return project.workspace.dataset(project.settings.dataset.name) / "exports"


def _samples(project: "Project", split: str) -> Any:
    from dougpt_schema import SAMPLES, read_table

    return read_table(project.workspace.dataset(project.settings.dataset.name) / f"{split}.parquet", SAMPLES)


def _write_all(project: "Project", replies: str, out: Path | None) -> list[Path]:
    from dougpt_curate import llama_factory_info
    from dougpt_schema import atomic_write

    folder = out or _exports(project)
    written = [
        _write(project, form, split, replies, folder / _file_name(form, split))
        for form in (*LINES, "parquet")
        for split in SPLITS
    ]
    info = folder / "dataset_info.json"
    atomic_write(info, llama_factory_info({split: _file_name("sharegpt", split) for split in SPLITS}).encode())
    return [*written, info, *_write_folder(project, folder / "huggingface")]


def _file_name(form: str, split: str) -> str:
    return f"{split}.{form}" if form in {"parquet", "jsonl"} else f"{split}.{form}.jsonl"


def _write_folder(project: "Project", folder: Path) -> list[Path]:
    from dougpt_curate import write_dataset_folder

    card = (project.workspace.dataset(project.settings.dataset.name) / "card.md").read_text(encoding="utf-8")
    return write_dataset_folder({split: _samples(project, split) for split in SPLITS}, folder, card)


def _write(project: "Project", form: str, split: str, replies: str, out: Path | None) -> Path:
    import dougpt_curate
    from dougpt_schema import atomic_write

    samples = _samples(project, split)
    path = out or _exports(project) / _file_name(form, split)
    lines: Iterator[str]
    match form:
        case "messages":
            lines = dougpt_curate.messages_jsonl(samples, replies)  # type: ignore[arg-type]  # click checked the choice
        case "prompt-completion":
            lines = dougpt_curate.prompt_completion_jsonl(samples, replies)  # type: ignore[arg-type]  # click checked it
        case "sharegpt":
            lines = dougpt_curate.sharegpt_jsonl(samples, replies)  # type: ignore[arg-type]  # click checked the choice
        case "parquet":
            return dougpt_curate.write_parquet(samples, path)
        case _:
            lines = dougpt_curate.jsonl(samples)

    def write(file: BinaryIO) -> None:
        file.writelines(_encoded(lines))

    atomic_write(path, write)
    return path


def _encoded(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        yield line.rstrip("\n").encode() + b"\n"
