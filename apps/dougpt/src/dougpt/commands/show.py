"""`dougpt show`: aligned pairs as text."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dougpt import options

if TYPE_CHECKING:
    from dougpt.project import Project


@click.command()
@click.argument("recording", required=False)
@options.workspace
@options.between
@click.option("--rejected/--no-rejected", default=True, help="Also show what was not accepted, with its reason.")
@click.option("--page", is_flag=True, help="Draw the report page of its alignment again and print where it lies.")
@click.option("--limit", default=40, type=click.IntRange(min=1), help="Utterances to show at most.")
@options.as_json
def command(
    recording: str | None,
    workspace: Path,
    from_ms: int,
    to_ms: int | None,
    rejected: bool,
    page: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Print aligned pairs as text, to look at before any training.

    Each utterance with its time, the messages that answer it with their probability, then those that were not
    accepted, with the reason. RECORDING is its platform's id, its name, or the start of its id or name;
    the first recording by default.

    With --page, the page that `dougpt align` draws is drawn again: reports/align-RECORDING.html, one file with plots,
    reasons and examples.

    \b
    Example:
      dougpt show 1a2b --from 10:00 --to 12:00
      dougpt show 1a2b --page
    """
    from itertools import islice

    from dougpt.project import NoRecordingsError, Project
    from dougpt.terminal import clock

    project = Project.open(workspace)
    chosen = project.select([recording] if recording else [])
    if not chosen:
        raise NoRecordingsError(workspace)
    if page:
        _draw_page(project, chosen[0], as_json=as_json)
        return
    found = list(islice(pairs(project, chosen[0], from_ms, to_ms), limit + 1))
    turns, further = found[:limit], found[limit:]
    if as_json:
        options.print_json({"recording_id": chosen[0], "utterances": turns, "more": bool(further)})
        return
    _print_header(project, chosen[0], rejected=rejected)
    _print(turns, rejected=rejected)
    if further:
        start = clock(further[0]["start_ms"])
        click.echo(f"there is more: --limit {2 * limit}, or --from {start}")


def _draw_page(project: "Project", recording_id: str, *, as_json: bool) -> None:
    from dougpt.align_page import draw_align_page_again

    path = draw_align_page_again(project.workspace, project.recordings[recording_id])
    if as_json:
        options.print_json({"recording_id": recording_id, "page": str(path)})
    else:
        click.echo(path)


def pairs(project: "Project", recording_id: str, from_ms: int, to_ms: int | None) -> Iterator[dict[str, Any]]:
    """Yield the utterances of a stretch with the events whose most probable parent they are, accepted ones first."""
    from dougpt_schema import CHAT_EVENTS, LINKS, UTTERANCES, read_table

    folder = project.workspace.staged(recording_id)
    texts = {row["event_id"]: row for row in read_table(folder / "chat_events.parquet", CHAT_EVENTS).to_pylist()}
    replies: dict[int, list[dict[str, Any]]] = {}
    for link in read_table(folder / "links.parquet", LINKS).to_pylist():
        if link["utterance_id"] is not None:
            replies.setdefault(link["utterance_id"], []).append(link)
    for utterance in read_table(folder / "utterances.parquet", UTTERANCES).to_pylist():
        if utterance["end_ms"] <= from_ms or (to_ms is not None and utterance["start_ms"] >= to_ms):
            continue
        found = replies.get(utterance["utterance_id"], [])
        yield {
            "utterance_id": utterance["utterance_id"],
            "start_ms": utterance["start_ms"],
            "end_ms": utterance["end_ms"],
            "text": utterance["text"],
            "replies": [
                {
                    "event_id": link["event_id"],
                    "text": texts[link["event_id"]]["text"],
                    "probability": round(link["probability"], 4),
                    "lag_ms": link["lag_ms"],
                    "accepted": link["accepted"],
                    "reason": link["reason"],
                }
                for link in sorted(found, key=lambda link: (not link["accepted"], link["lag_ms"] or 0))
            ],
        }


def _print_header(project: "Project", recording_id: str, *, rejected: bool) -> None:
    """Print which recording it is, and what stands in a line."""
    from dougpt.terminal import safe

    recording = project.recordings[recording_id]
    known_as = f"{recording.video_id or ''} {recording.title}".strip()
    others = "; in brackets, why one was not accepted" if rejected else ""
    click.echo(f"{recording_id}  {safe(known_as)}")
    click.echo(f"what was said, and below it messages with the probability that they answer it{others}")


def _print(turns: list[dict[str, Any]], *, rejected: bool) -> None:
    from dougpt.terminal import clock, safe

    for turn in turns:
        click.echo(f"{clock(turn['start_ms'])}  {safe(turn['text'])}")
        for reply in turn["replies"]:
            if reply["accepted"]:
                click.echo(f"    {reply['probability']:.2f}  {safe(reply['text'])}")
            elif rejected:
                click.echo(f"    {reply['probability']:.2f}  ({reply['reason']})  {safe(reply['text'])}")
    if not turns:
        click.echo("no utterance in this stretch")
