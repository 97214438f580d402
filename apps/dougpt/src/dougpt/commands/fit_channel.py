"""`dougpt fit-channel`: what the recordings of a channel have in common, frozen for `align`."""

from pathlib import Path

import click

from dougpt import options


@click.command("fit-channel")
@click.argument("channel", required=False)
@options.workspace
@options.only
@options.as_json
def command(channel: str | None, workspace: Path, only: tuple[str, ...], as_json: bool) -> None:
    """Fit a channel's lag and habits over its recordings.

    Learns from the aligned recordings of CHANNEL (or of the only one there is) what a single quiet recording cannot
    tell, and freezes it below staged/channels/. Every recording of the channel is then stale for align. It is fitted
    again only by this command.

    \b
    Example:
      dougpt fit-channel dougdoug
      dougpt align
    """
    from dougpt_schema.page.words import plural

    from dougpt.advice import advice
    from dougpt.channels import fit
    from dougpt.lock import writing
    from dougpt.project import Project
    from dougpt.terminal import note

    project = Project.open(workspace)
    with writing(project.workspace):
        found = fit(project, channel, only)
    if as_json:
        options.print_json(found)
        return
    click.echo(f"{found['prior']}: fitted over {plural(len(found['recordings']), 'recording')} of {found['channel']}")
    note(f"its recordings are stale for align now; go on with: {advice(project.workspace.root, 'pipeline')}")
