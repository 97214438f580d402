"""Models by what a person names: a run, a merged model, or a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from dougpt_eval.http import Client
from dougpt_eval.server import Interface, Sampling, ServerModel
from dougpt_eval.transcript import Transcript
from dougpt_schema import DougptError, Model, fingerprint
from dougpt_train.render import Turn
from dougpt_train.settings import TrainSettings

from dougpt.measuring.dataset import Dataset, references_of


class ModelChoiceError(DougptError):
    """More than one model is named, or one that cannot be evaluated so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was named on the command line.

    Attributes:
        run: The folder of a finished run.
        merged: A model that was merged from that run; None takes the run's adapter.
        server: Where an OpenAI-compatible server is; None takes a model of ours.
        server_model: The model's name there.
        interface: How the server is asked.
        api_key: What the server wants to be shown.
    """

    run: Path | None
    merged: Path | None = None
    server: str | None = None
    server_model: str | None = None
    interface: Interface = "completions"
    api_key: str | None = None

    def __post_init__(self) -> None:
        """Refuse two models at once.

        Raises:
            ModelChoiceError: A server and a merged model are named.
        """
        if self.server is not None and self.merged is not None:
            raise ModelChoiceError("name a server or a merged model, not both")


@dataclass(frozen=True, slots=True)
class Opened:
    """A model ready to be asked.

    Attributes:
        name: What it is called on pages and in the history.
        model: It itself.
        references: What stands beside it.
        run_id: The run that it comes from; None for a server.
    """

    name: str
    model: Model
    references: Mapping[str, Model]
    run_id: str | None = None


def open_choice(choice: Choice, dataset: Dataset) -> Opened:
    """Open the model that was named.

    Raises:
        DougptError: It is not there, or not what it should be.
    """
    if choice.server is not None:
        served = _served(choice, dataset, choice.server)
        asked = ", chat" if choice.interface == "chat" else ""
        return Opened(f"server {served.name}{asked}", served, {})
    if choice.run is None:
        raise ModelChoiceError("neither a run nor a server is named")
    if choice.merged is not None:
        from dougpt_train.merged import load_merged  # noqa: PLC0415 - loads PyTorch

        model: Model = load_merged(choice.merged, choice.run)
        name = f"{choice.run.name} merged"
    else:
        from dougpt_train import load  # noqa: PLC0415 - loads PyTorch

        model, name = load(choice.run), choice.run.name
    return Opened(name, model, references_of(dataset, choice.run), choice.run.name)


class UserTurns:
    """The user's turn as a model of dougpt-train knows it, for a server that puts it into its own template."""

    stop = ""

    def __init__(self, settings: TrainSettings) -> None:
        self._settings = settings

    @property
    def fingerprint(self) -> str:
        """A hash of what decides the turns."""
        return fingerprint("turns", self._settings.context_lines, self._settings.instruction)

    def prompts(self, samples: pa.Table, form: str) -> list[str]:
        """Return the turn of each sample."""
        return [
            Turn(
                tuple(_lines(row["context"][-self._settings.context_lines :] if self._settings.context_lines else ())),
                " ".join(row["prompt"].split()),
                "one" if form == "single" else row["rate_bucket"],
                self._settings.instruction,
            ).text
            for row in samples.to_pylist()
        ]


def _served(choice: Choice, dataset: Dataset, url: str) -> ServerModel:
    settings = dataset.project.settings.train
    return ServerModel(
        Client(url, choice.api_key),
        UserTurns(settings) if choice.interface == "chat" else Transcript(dataset.examples()),
        model=choice.server_model,
        interface=choice.interface,
        sampling=Sampling(settings.temperature, settings.top_p, settings.reply_tokens),
    )


def _lines(texts: Sequence[str]) -> list[str]:
    return [line for text in texts if (line := " ".join(text.split()))]
