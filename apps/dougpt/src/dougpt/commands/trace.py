"""`dougpt trace`: the way back from a sample to its source files."""

from pathlib import Path
from typing import Any

import click

from dougpt import options


@click.command()
@click.argument("sample_id")
@options.workspace
@options.as_json
def command(sample_id: str, workspace: Path, as_json: bool) -> None:
    """Print the way back from a sample to its source files.

    Sample, link with its probability and who decided it, utterance and words, chat event, source file with its
    sha256 and row, settings and code of each stage. SAMPLE_ID may be the start of one.

    \b
    Example:
      dougpt trace 3f1c
    """
    from dougpt.lineage import trace
    from dougpt.project import Project

    found = trace(Project.open(workspace), sample_id)
    if as_json:
        options.print_json(found)
        return
    _print(found)


def _print(found: dict[str, Any]) -> None:
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
        facts = f"probability {link['probability']:.4f}, lag {link['lag_ms']} ms, by {link['decided_by']}{certified}"
        click.echo(f"  link: {facts}")
        click.echo(f"  from {_source(reply['source'])}, row {event['source_row']}")
    for stage in found["stages"]:
        click.echo(f"stage {stage['stage']}  recipe {stage['fingerprint'][:16]}  code {stage['code'][:16]}")
        for name, value in sorted(stage["settings"].items()):
            click.echo(f"  {name} = {safe(str(value))}")


def _words(words: list[dict[str, Any]]) -> str:
    from dougpt.terminal import safe

    shown = [f"{safe(word['text'])} [{word['start_ms']}, {word['timing']}]" for word in words[:6]]
    return " ".join(shown) + (f" … {len(words)} in all" if len(words) > 6 else "")


def _source(source: dict[str, Any]) -> str:
    from dougpt.terminal import safe

    return f"{source['role']} {safe(source['name'])}, sha256 {source['sha256']}"
