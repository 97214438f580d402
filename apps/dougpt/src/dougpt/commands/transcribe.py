"""`dougpt transcribe`: words with times, by what engine is wished, and the page that shows and plays them."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options
from dougpt.stage_command import as_job_option, choose, run_stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dougpt.own_settings import OwnSettings
    from dougpt.project import Project

ENGINES = ("auto", "whisperx", "faster_whisper", "pocketsphinx")
DEVICES = ("auto", "cpu", "cuda")
PLACES = {
    "engine": ("speech", "engine"),
    "captions": ("speech", "use_captions"),
    "refine": ("speech", "refine_captions"),
    "diarise": ("speech", "diarise"),
    "model": ("transcribe", "model"),
    "device": ("transcribe", "device"),
    "compute_type": ("transcribe", "compute_type"),
}
"""Which setting an option sets."""
OF_AN_ENGINE = ("engine", "model", "device", "compute_type")
TABLES = ("speech", "transcribe", "refine", "diarise")


@click.command()
@options.workspace
@options.only
@click.option("--engine", type=click.Choice(ENGINES), help="What recognises speech.")
@click.option("--model", metavar="FOLDER|NAME", help="Its weights: a folder, or the name of a published model.")
@click.option("--device", type=click.Choice(DEVICES), help="Where it runs.")
@click.option("--compute-type", metavar="TYPE", help="The number format of its weights, such as int8 or float16.")
@click.option("--captions/--no-captions", default=None, help="Take the words of captions, or recognise them all anew.")
@click.option("--refine/--no-refine", default=None, help="Give words of captions their times by forced alignment.")
@click.option("--diarise/--no-diarise", default=None, help="Tell speakers apart, with pyannote.")
@click.option("--reset", is_flag=True, help="Forget what these options set before; dougpt.toml holds again.")
@click.option("--report", is_flag=True, help="Also write reports/transcribe-RECORDING.html, which shows and plays it.")
@options.dry_run
@options.as_json
@as_job_option
def command(
    workspace: Path,
    only: tuple[str, ...],
    reset: bool,
    report: bool,
    dry_run: bool,
    as_json: bool,
    as_job: bool,
    **chosen: Any,
) -> None:
    """Find the words that are said and their times, from captions or by speech recognition.

    Captions with audio: the captions' words, their times refined by forced alignment. Captions alone: their own
    times. Audio alone: speech recognition by the engine of [speech] in dougpt.toml.

    What --engine, --model, --device, --compute-type and the switches choose holds for these recordings from then on: it
    is kept in raw/RECORDING/settings.toml, over dougpt.toml, so that status and pipeline agree with it, and taken back
    where it fails.

    \b
    Example:
      dougpt transcribe --only 1a2b
      dougpt transcribe --only 1a2b --engine faster_whisper --model small --no-captions
      dougpt transcribe --report
    """
    from dougpt_media.gpu import require_gpu

    tables = _tables(chosen)
    require_gpu(chosen["device"] or "auto")
    before = _own_settings(workspace, only) if tables and not reset else {}
    project = None
    if tables or reset:
        project = choose("transcribe", workspace, only, tables, tables=TABLES, reset=reset, write=not dry_run)
    if project is not None and tables:
        _note_what_is_not_heeded(project, only, engine=any(chosen[name] is not None for name in OF_AN_ENGINE))
    with _taken_back_where_it_fails(project if tables and not dry_run else None, only, before) as done:
        run_stage(
            "transcribe",
            workspace,
            only,
            project=project,
            dry_run=dry_run,
            as_json=as_json,
            as_job=as_job,
            done=done,
        )
    if report and not dry_run:
        _write_pages(workspace, only)


def _tables(chosen: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings that options name, by table; a folder is found from anywhere."""
    tables: dict[str, dict[str, Any]] = {}
    for option, value in chosen.items():
        if value is not None:
            table, name = PLACES[option]
            folder = Path(value) if option == "model" else None
            here = folder is not None and folder.is_dir()
            tables.setdefault(table, {})[name] = str(folder.absolute()) if here and folder is not None else value
    return tables


def _own_settings(root: Path, only: tuple[str, ...]) -> "dict[str, OwnSettings]":
    """Return what is set already for each recording that is meant."""
    from dougpt.project import Project

    project = Project.open(root)
    return {name: project.own_settings.get(name, {}) for name in project.select(only)}


@contextmanager
def _taken_back_where_it_fails(
    project: "Project | None", only: tuple[str, ...], before: "dict[str, OwnSettings]"
) -> "Iterator[Callable[[str], None]]":
    """Yield what is to be called for each recording that is done; what was chosen for the others is undone at the end.

    A run that is interrupted keeps its choice, so that the next one goes on as it was meant.
    """
    from dougpt import lock
    from dougpt.own_settings import write_own_settings
    from dougpt.terminal import note

    left = [] if project is None else project.select(only)
    try:
        yield left.remove if left else lambda _: None
    except KeyboardInterrupt:
        left = []
        raise
    finally:
        for name in left:
            if project is not None:
                with lock.writing(project.workspace):
                    write_own_settings(project.workspace.own_settings_file(name), before.get(name, {}))
            note(f"transcribe {name}: it was not done, so that nothing of this choice is kept")


def _note_what_is_not_heeded(project: "Project", only: tuple[str, ...], *, engine: bool) -> None:
    """Say of which recordings something was chosen that decides nothing: there is no sound, or no engine is asked."""
    from dougpt.speech import parts_of, sound_of, way_of
    from dougpt.terminal import note

    for name in project.select(only):
        speech = project.settings_of(name).speech
        parts = parts_of(project.recordings[name])
        if parts and not any(map(sound_of, parts)):
            note(
                f"transcribe {name}: it has captions and no sound, so that its words and their times come from these"
                " alone; what was chosen is kept for when there is sound (--reset forgets it)"
            )
        elif engine and any("captions" in way_of(part, speech) for part in parts):
            note(
                f"transcribe {name}: its words come from captions, so that no engine is asked;"
                " to recognise them: --no-captions"
            )


def _write_pages(root: Path, only: tuple[str, ...]) -> None:
    from dougpt.project import Project
    from dougpt.terminal import note
    from dougpt.transcript_page import write_transcript_page

    project = Project.open(root)
    for recording_id in project.select(only):
        note(f"transcribe {recording_id}: {write_transcript_page(project, recording_id)}")
