"""The command line: one click group whose commands are imported only when they are run.

`dougpt --help` answers from the table below and imports none of them.
"""

import os
from importlib import import_module

import click

# Whatever loads PyTorch's compiler starts a pool of processes for it, and waits for them at its end, up to five minutes
# on a busy machine. Nothing here compiles.
os.environ.setdefault("TORCH_WARM_POOL", "0")

COMMANDS = {
    "init": "Make a workspace: dougpt.toml with every setting, a pseudonym key, folders.",
    "doctor": "Say which engines, weights, GPU and disk are here, what is missing and how to get it.",
    "ingest": "Register recordings: media, captions and chat exports.",
    "transcribe": "Find the words that are said and their times, from captions or by speech recognition.",
    "chat": "Read chat as events under pseudonyms, from exports or from the picture of a video.",
    "align": "Link chat messages to the utterances they answer.",
    "review": "Say on a local page who answered what; the aligner learns from it.",
    "labels": "List, import, export and compare what people decided.",
    "fit-channel": "Fit a channel's lag and habits over its recordings.",
    "curate": "Make samples by split, with rejects, a profile and a card.",
    "preflight": "Check samples, settings and memory before a training.",
    "train": "Train an adapter on the curated samples.",
    "merge": "Merge an adapter into its base model, and see that the two compute the same.",
    "export": "Write the samples or a trained model in the form of other tools.",
    "evaluate": "Measure a model on held-out samples and write the report page.",
    "generate": "Let a trained run answer what is said, as chat would.",
    "show": "Print aligned pairs as text, to look at before any training.",
    "trace": "Print the way back from a sample to its source files, or from a source to its samples.",
    "forget": "Remove a person from every table, now and in every later run.",
    "remove": "Take recordings, or single files of them, out of the workspace.",
    "status": "Say what is there, what is stale and why.",
    "pipeline": "Run every stage that is not done, recordings side by side.",
}
EXIT_EXPECTED, EXIT_GATE, EXIT_NOT_COMPARABLE = 1, 3, 4  # 2 is click's own, for wrong usage


class LazyGroup(click.Group):
    """A group whose commands live in `dougpt.commands.<name>` and are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Return the command names in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's
        """Import the module of a command and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"dougpt.commands.{cmd_name.replace('-', '_')}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"dougpt.commands.{cmd_name}.command is no click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's own, but a name that is none is answered with the nearest one."""
        if args and args[0] not in COMMANDS:
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"no command {args[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's
        """Write the table of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Turn an expected error into one line on stderr; anything else keeps its traceback."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            line = expected(error)
            if line is None:
                raise
            click.echo(f"error: {line}", err=True)
            ctx.exit(EXIT_EXPECTED)


def expected(error: Exception) -> str | None:
    """Return the one line for an error that a user can act on, else None."""
    from dougpt_schema.errors import DougptError

    from dougpt.terminal import safe

    if isinstance(error, DougptError):
        return safe(" ".join(str(error).split()))
    if isinstance(error, OSError) and error.filename is not None:
        return safe(f"{error.filename}: {error.strerror or error}")
    return None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="dougpt", message="%(prog)s %(version)s")
def main() -> None:
    """Streamers' recordings and their chat to a dataset and a local model that answers like the chat.

    \b
    A first run:
      dougpt init my-workspace
      cd my-workspace
      dougpt pipeline ../recordings
    """
