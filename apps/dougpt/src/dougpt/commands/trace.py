"""`dougpt trace`: the way back from a sample to its source files, and from a source to its samples."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.project import Project


@click.command()
@click.argument("sample_id", required=False)
@options.workspace
@click.option("--line", metavar="FILE:NUMBER", help="Trace this line of an exported file instead, counted from 1.")
@click.option("--event", "event_id", metavar="EVENT", help="Say what became of this chat message.")
@click.option(
    "--recording",
    "--in",
    metavar="RECORDING",
    help="Name the samples of this recording, between --from and --to.",
)
@options.between
@click.option("--settings", "with_settings", is_flag=True, help="Print the settings of each stage, too.")
@options.as_json
def command(
    sample_id: str | None,
    workspace: Path,
    line: str | None,
    event_id: str | None,
    recording: str | None,
    from_ms: int,
    to_ms: int | None,
    with_settings: bool,
    as_json: bool,
) -> None:
    """Print the way back from a sample to its source files, or from a source to its samples.

    Sample, link with its probability and who decided it, utterance and words, chat event, source file with its
    sha256 and row, recipe and code of each stage. SAMPLE_ID may be the start of one.

    The other way: --event tells in which sample a chat message is, or why in none, and --recording with --from and --to
    names the samples of a stretch.

    \b
    Example:
      dougpt trace 3f1c
      dougpt trace --line curated/default/exports/train.messages.jsonl:12
      dougpt trace --event 0b5e6a
      dougpt trace --recording 1087079172 --from 12:00 --to 13:00
    """
    if sum(one is not None for one in (sample_id, line, event_id, recording)) != 1:
        raise click.UsageError("name one of SAMPLE_ID, --line, --event and --recording")
    if to_ms is not None and to_ms <= from_ms:
        raise click.UsageError("--to is not after --from")
    from dougpt.project import Project

    project = Project.open(workspace)
    if event_id is not None:
        _show(_event(project, event_id), partial(_print_event, root=workspace), as_json=as_json)
    elif recording is not None:
        _show(_stretch(project, recording, from_ms, to_ms), _print_stretch, as_json=as_json)
    else:
        shown = partial(_print, root=workspace, with_settings=with_settings)
        _show(_sample(project, sample_id, line), shown, as_json=as_json)


def _show(found: Any, as_text: Callable[[Any], None], *, as_json: bool) -> None:
    if as_json:
        options.print_json(found)
    else:
        as_text(found)


def _sample(project: "Project", sample_id: str | None, line: str | None) -> dict[str, Any]:
    from dougpt.lineage import sample_of_line, trace

    if line is None:
        return trace(project, str(sample_id))
    name, event_id = sample_of_line(_line(line))
    found = trace(project, name)
    replies = [reply for reply in found["replies"] if event_id in {None, reply["response"]["event_id"]}]
    return found | {"replies": replies}


def _line(place: str) -> str:
    """Return a line of a file, named FILE:NUMBER."""
    path, _, number = place.rpartition(":")
    if not path or not number.isdigit() or not int(number):
        raise click.UsageError(f"--line takes FILE:NUMBER, the number counted from 1, not {place!r}")
    try:
        with Path(path).open(encoding="utf-8") as file:
            text = next(islice(file, int(number) - 1, None), None)
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{path} holds no lines of text; --line takes a file of JSON lines") from error
    if text is None:
        raise click.UsageError(f"{path} has no line {number}")
    return text


def _event(project: "Project", event_id: str) -> dict[str, Any]:
    from dougpt.lineage import trace_event

    return trace_event(project, event_id)


def _stretch(project: "Project", recording: str, from_ms: int, to_ms: int | None) -> list[dict[str, Any]]:
    from dougpt.lineage import trace_stretch

    return [row for name in project.select((recording,)) for row in trace_stretch(project, name, from_ms, to_ms)]


def _print_event(found: dict[str, Any], root: Path) -> None:
    from dougpt.terminal import safe

    event, link = found["event"], found["link"]
    click.echo(f"event {event['event_id']}  recording {event['recording_id']}  {safe(event['text'])}")
    click.echo(f"  from {_source(found['source'])}, row {event['source_row']} (the first is 0)")
    if link is not None:
        verdict = "accepted" if link["accepted"] else f"not accepted: {link['reason']}"
        click.echo(f"  link: {verdict}, probability {link['probability']:.4f}, {_decided(link)}")
    _print_labels(found["labels"])
    for use in found["uses"]:
        where = (
            f"sample {use['sample_id']} ({use['split']})" if "sample_id" in use else f"{use['reason']} {use['detail']}"
        )
        click.echo(f"  {use['as']}: {where}")
    if not found["uses"]:
        click.echo("  in no sample")
    _print_due(found["due"], root)


def _print_stretch(rows: list[dict[str, Any]]) -> None:
    from dougpt.terminal import clock, safe

    for row in rows:
        times = f"{clock(row['start_ms'])} to {clock(row['end_ms'])}"
        click.echo(f"{row['sample_id']}  {row['split']:<10}  {times}  {safe(row['prompt'])}")
        for reply in row["responses"]:
            click.echo(f"  {reply['event_id']}  {safe(reply['text'])}")
    if not rows:
        click.echo("no samples there")


def _print(found: dict[str, Any], root: Path, *, with_settings: bool) -> None:
    from dougpt.terminal import clock, safe

    sample = found["sample"]
    click.echo(
        f"sample {sample['sample_id']}  {found['dataset']}/{sample['split']}  recording {sample['recording_id']}"
    )
    click.echo(f"  prompt: {safe(sample['prompt'])}")
    for utterance in found["utterances"]:
        times = f"{clock(utterance['start_ms'])} to {clock(utterance['end_ms'])}"
        click.echo(f"utterance {utterance['utterance_id']}  {times}  {safe(utterance['text'])}")
        click.echo(f"  words {utterance['first_word_id']} to {utterance['last_word_id']}: {_words(utterance['words'])}")
        click.echo(f"  from {_source(utterance['source'])}")
    for reply in found["replies"]:
        link, event = reply["link"], reply["event"]
        certified = ", certified" if link["certified"] else ""
        click.echo(f"reply {event['event_id']}  {safe(event['text'])}")
        facts = f"probability {link['probability']:.4f}, lag {link['lag_ms']} ms, {_decided(link)}{certified}"
        click.echo(f"  link: {facts}")
        _print_labels(reply["labels"])
        click.echo(f"  from {_source(reply['source'])}, row {event['source_row']} (the first is 0)")
    for stage in found["stages"]:
        click.echo(f"stage {stage['stage']}  recipe {stage['fingerprint'][:16]}  code {stage['code'][:16]}")
        for name, value in sorted(stage["settings"].items()) if with_settings else ():
            click.echo(f"  {name} = {safe(str(value))}")
    _print_due(found["due"], root)


def _print_due(due: list[dict[str, Any]], root: Path) -> None:
    """Say where what was printed is of before, such as between a label and the alignment that learns from it."""
    from dougpt.advice import advice
    from dougpt.terminal import safe

    for one in due:
        click.echo(f"{one['stage']} is due ({safe(', '.join(one['why']))})")
    if due:
        click.echo(f"run: {advice(root, 'pipeline')}")


def _decided(link: dict[str, Any]) -> str:
    return "decided by a person" if link["decided_by"] == "label" else "decided by the model"


def _print_labels(labels: list[dict[str, Any]]) -> None:
    from dougpt.terminal import clock, safe

    for label in labels:
        start = label["utterance_start_ms"]
        to = "" if start is None else f" to what was said at {clock(start)}: {safe(label['utterance_text'] or '')}"
        click.echo(
            f"  {safe(label['rater'])} says: {label['verdict'].replace('_', ' ')}{to}, label {label['label_id']}"
        )


def _words(words: list[dict[str, Any]]) -> str:
    from dougpt.terminal import safe

    shown = [f"{safe(word['text'])} [{word['start_ms']}, {word['timing']}]" for word in words[:6]]
    return " ".join(shown) + (f" … {len(words)} in all" if len(words) > 6 else "")


def _source(source: dict[str, Any]) -> str:
    from dougpt.terminal import safe

    return f"{source['role']} {safe(source['name'])}, sha256 {source['sha256']}"
