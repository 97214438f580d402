"""A trained run as the `Model` that evaluation and generation ask.

A single reply is scored in the single form: the probability of its tokens and of the stop token behind
them, after a prompt that ends in `[chat: one]`. Over all replies these probabilities sum to at most one.
Bursts are drawn in the form that the run was trained on, token by token, each sample by its own draws:
neither the order of the samples nor the size of a batch changes an answer, but for the last digits of
floating point.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
from dougpt_schema import SAMPLES, ArrowStream, file_sha256, fingerprint

from dougpt_train.adapter import open_adapter
from dougpt_train.base import Base, find_device, load_weights, model_files, open_folder
from dougpt_train.base_folder import find_folder
from dougpt_train.errors import BaseModelError, RunFolderError
from dougpt_train.gpu_memory import full_gpu_told
from dougpt_train.record import ADAPTER, BASE, FULL, WEIGHTS, read_record, read_settings
from dougpt_train.render import Renderer, Row
from dougpt_train.sampling import draw_tokens, score
from dougpt_train.settings import TINY, Form, TrainSettings
from dougpt_train.threads import few_threads

FULL_GPU = "take fewer score_rows, or a smaller base"


@dataclass(frozen=True, slots=True)
class Answer:
    """The replies of a burst, and whether the model ended it by itself."""

    replies: list[str]
    stopped: bool


class ChatModel:
    """A language model that answers as chat; implements `dougpt_schema.Model`.

    Args:
        model: A causal language model, on its device.
        renderer: The rendering it was trained with.
        fingerprint: What changes with anything that changes an answer.
    """

    def __init__(self, model: Any, renderer: Renderer, fingerprint: str) -> None:
        self.network = model.eval()
        self.renderer = renderer
        self._fingerprint = fingerprint
        self._pad_id = renderer.tokenizer.pad_token_id or 0

    @property
    def fingerprint(self) -> str:
        """A hash over weights, rendering and sampling."""
        return self._fingerprint

    def logprobs(self, samples: ArrowStream) -> list[list[float]]:
        """Return, for each sample and each of its responses in order, ln P(response, then stop | context, prompt)."""
        table = SAMPLES.conform(samples)
        users = self.renderer.prompts(table, "single")
        rows, counts = [], []
        for user, sample in zip(users, table.to_pylist(), strict=True):
            texts = [self.renderer.line(response["text"]) for response in sample["responses"]]
            rows += [Row(sample["sample_id"], sample["recording_id"], "single", user, text) for text in texts]
            counts.append(len(texts))
        with few_threads(self.renderer.settings), full_gpu_told(FULL_GPU):
            scores = iter(self._score(rows))
        return [[next(scores) for _ in range(count)] for count in counts]

    def generate(self, samples: ArrowStream, seed: int, *, form: Form | None = None) -> list[list[str]]:
        """Return the replies of one burst for each sample, in order, maybe none; `seed` alone decides them.

        Args:
            samples: What was said.
            seed: Decides every draw.
            form: "burst", or "single" for one reply each; by default the form that was trained.

        Raises:
            ValueError: There is no such form.
        """
        return [answer.replies for answer in self.answers(samples, seed, form=form)]

    def answers(self, samples: ArrowStream, seed: int, *, form: Form | None = None) -> list[Answer]:
        """Return one burst for each sample, saying whether it stopped; a line cut off by the limit is left out.

        Raises:
            ValueError: There is no such form.
        """
        form = self._form(form)
        table = SAMPLES.conform(samples)
        found = []
        for start in range(0, table.num_rows, self.renderer.settings.score_rows):
            batch = table.slice(start, self.renderer.settings.score_rows)
            drawn: list[list[int]] = [[] for _ in range(batch.num_rows)]
            with few_threads(self.renderer.settings), full_gpu_told(FULL_GPU):
                for step in self._draw(batch, seed, form):
                    for tokens, token in zip(drawn, step, strict=True):
                        if token is not None:
                            tokens.append(token)
            found += [self._answer(tokens) for tokens in drawn]
        return found

    def stream(self, sample: ArrowStream, seed: int, *, form: Form | None = None) -> Iterator[str]:
        """Return the replies to one sample, each as soon as it is complete; the same as `generate` returns.

        Raises:
            ValueError: There is no such form, or not exactly one sample.
        """
        table = SAMPLES.conform(sample)
        if table.num_rows != 1:
            raise ValueError(f"stream answers one sample, not {table.num_rows}; generate answers any number")
        return self._streamed(table, seed, self._form(form))

    def _streamed(self, table: pa.Table, seed: int, form: Form) -> Iterator[str]:
        tokens: list[int] = []
        told = 0
        for (token,) in self._draw(table, seed, form):
            if token is not None:
                tokens.append(token)
            answer = self._answer(tokens)
            yield from answer.replies[told:]
            told = len(answer.replies)

    def _form(self, asked: Form | None) -> Form:
        if asked is None:
            return self.renderer.settings.form
        if asked not in get_args(Form):
            raise ValueError(f"form is one of {', '.join(get_args(Form))}, not {asked!r}")
        return asked

    def _score(self, rows: Sequence[Row]) -> list[float]:
        encoded = self.renderer.encode(rows)
        # Rows of like length share a batch, so that little is padding.
        order = sorted(range(len(encoded)), key=lambda place: (len(encoded[place].ids), place))
        scores = [0.0] * len(encoded)
        for start in range(0, len(order), self.renderer.settings.score_rows):
            places = order[start : start + self.renderer.settings.score_rows]
            batch = [(encoded[place].ids, len(encoded[place].prompt_ids)) for place in places]
            for place, value in zip(places, score(self.network, batch, self._pad_id), strict=True):
                scores[place] = value
        return scores

    def _draw(self, batch: pa.Table, seed: int, form: Form) -> Iterator[list[int | None]]:
        settings = self.renderer.settings
        return draw_tokens(
            self.network,
            self.renderer.prompt_ids(self.renderer.prompts(batch, form)),
            [(seed, sample_id) for sample_id in batch["sample_id"].to_pylist()],
            pad_id=self._pad_id,
            stop_ids=self.renderer.stop_ids,
            most=settings.reply_tokens,
            temperature=settings.temperature,
            top_p=settings.top_p,
        )

    def _answer(self, tokens: Sequence[int]) -> Answer:
        stopped = bool(tokens) and tokens[-1] in self.renderer.stop_ids
        text = self.renderer.tokenizer.decode(
            tokens[:-1] if stopped else tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        lines = text.split("\n")
        complete = lines if stopped else lines[:-1]
        return Answer([line.strip() for line in complete if line.strip()], stopped)


def load(run_folder: Path | str, *, base: Path | str | None = None, device: str | None = None) -> ChatModel:
    """Open a finished run.

    Args:
        run_folder: What `train` wrote.
        base: Where the base model is now, if it was moved since; its files must be the same.
        device: "cpu" or "cuda"; None takes what the run's settings say.

    Raises:
        RunFolderError: The run is not complete, or its files or its base model's are not those it was trained with.
        BaseModelError: The base model is not there.
    """
    folder = Path(run_folder)
    record = read_record(folder)
    settings = read_settings(folder)
    place = device or find_device(settings)
    trained = require_trained(folder, settings, record)
    opened = open_run_base(folder, settings, record, base)
    network = load_weights(opened, settings, place)
    if settings.method != "full":
        network = open_adapter(network, folder / ADAPTER)
    renderer = Renderer(opened.tokenizer, settings, opened.stop_ids)
    return ChatModel(
        network, renderer, fingerprint("ChatModel", trained, record["inputs"]["base"], settings.rendering())
    )


def require_trained(folder: Path, settings: TrainSettings, record: Any) -> dict[str, str]:
    """Return the SHA-256 of the weights that a run trained, by file, and make sure that they are those it saved.

    Raises:
        RunFolderError: They have changed, or are not there.
    """
    try:
        if settings.method == "full":
            return _require_same(folder, FULL, record["results"]["model"], model_files(folder / FULL))
        files = {WEIGHTS: file_sha256(folder / ADAPTER / WEIGHTS)}
    except FileNotFoundError as error:
        raise RunFolderError(folder, f"what it trained is not there: {Path(error.filename).name}") from error
    return _require_same(folder, ADAPTER, record["results"]["adapter"], files)


def open_run_base(folder: Path, settings: TrainSettings, record: Any, base: Path | str | None = None) -> Base:
    """Open the base model of a run and make sure that it is the one it was trained on.

    A run that was trained in full is a whole model itself, and that one is opened.

    Raises:
        RunFolderError: Its files have changed.
        BaseModelError: It is not there.
    """
    if settings.method == "full":
        return open_folder(FULL, folder / FULL)
    default = folder / BASE if settings.base == TINY else find_folder(settings.base)
    place = Path(base) if base is not None else default
    if not place.is_dir():
        raise BaseModelError(settings.base, "its folder is not there; say where it is now with `base`")
    expected = record["results"]["base"] if settings.base == TINY else record["inputs"]["base"]
    _require_same(folder, f"base model {settings.base}", expected, model_files(place))
    return open_folder(settings.base, place)


def _require_same(folder: Path, what: str, expected: dict[str, str], found: dict[str, str]) -> dict[str, str]:
    if expected != found:
        changed = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        raise RunFolderError(folder, f"{what} is not what was trained: {', '.join(changed)} changed")
    return found
