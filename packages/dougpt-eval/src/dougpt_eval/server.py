"""Any server that speaks OpenAI's HTTP interface, as a `Model`: vLLM, llama.cpp, Ollama, transformers and others.

Replies come from `/completions` or `/chat/completions`. Log-probabilities come from `/completions` with `echo` and
`logprobs`, where the server tells them of a prompt; where it does not, `CannotScoreError` says so and the measures
that need them are missing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa
from dougpt_schema import fingerprint

from dougpt_eval.answers import CannotScoreError
from dougpt_eval.http import Client, ServerError
from dougpt_eval.suite import replies_of
from dougpt_eval.transcript import Prompting

type Interface = Literal["completions", "chat"]

SEEDS = 2**31


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a server draws.

    Attributes:
        temperature: Logits are divided by it.
        top_p: Only the likeliest tokens of this total mass are drawn.
        max_tokens: The longest burst.
    """

    temperature: float = 1.0
    top_p: float = 0.95
    max_tokens: int = 96


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """The replies of a burst, and whether the model ended it by itself."""

    replies: list[str]
    stopped: bool


class ServerModel:
    """A model behind a server, asked one window a request, some at a time.

    Args:
        client: Where the server is.
        prompting: How samples become prompts; a chat server gets them as the user's turn.
        model: Its name there; None takes the only one that the server has.
        interface: Which of the two ways of asking.
        sampling: How it draws.
        parallel: Requests at a time.
    """

    def __init__(
        self,
        client: Client,
        prompting: Prompting,
        *,
        model: str | None = None,
        interface: Interface = "completions",
        sampling: Sampling | None = None,
        parallel: int = 4,
    ) -> None:
        self._client, self._prompting, self._interface = client, prompting, interface
        self._asked_for = model
        self._sampling = sampling or Sampling()
        self._parallel = parallel

    @cached_property
    def name(self) -> str:
        """The model's name on the server.

        Raises:
            ServerError: None was given and the server has several, or none.
        """
        if self._asked_for is not None:
            return self._asked_for
        found = self._client.get("models")
        names = [str(one["id"]) for one in _rows(found, "data") if "id" in one]
        if len(names) != 1:
            raise ServerError(self._client.url, f"has {len(names)} models ({', '.join(names[:5])}); name one")
        return names[0]

    @property
    def fingerprint(self) -> str:
        """A hash of the model's name there and of how it is asked: a server does not tell its weights."""
        sampling = (self._sampling.temperature, self._sampling.top_p, self._sampling.max_tokens)
        return fingerprint("server", self.name, self._interface, sampling, self._prompting.fingerprint)

    def generate(self, samples: pa.Table, seed: int) -> list[list[str]]:
        """Return one burst for each sample; a server that heeds seeds repeats itself by `seed`."""
        return [answer.replies for answer in self.answers(samples, seed)]

    def answers(self, samples: pa.Table, seed: int) -> list[ServerAnswer]:
        """Return one burst for each sample, and whether it stopped; a line that the limit cut off is left out."""
        prompts = self._prompting.prompts(samples, "burst")
        seeds = [int(fingerprint(seed, sample_id), 16) % SEEDS for sample_id in samples["sample_id"].to_pylist()]
        return self._each(self._answer, list(zip(prompts, seeds, strict=True)))

    def logprobs(self, samples: pa.Table) -> list[list[float]]:
        """Return ln P(reply, then stop | prompt) for each reply.

        Raises:
            CannotScoreError: The server does not tell log-probabilities of a given text.
        """
        if self._interface == "chat":
            raise CannotScoreError("chat completions give no log-probabilities of a reply that is handed to them")
        prompts, texts = self._prompting.prompts(samples, "single"), replies_of(samples)
        pairs = [(prompt, text) for prompt, replies in zip(prompts, texts, strict=True) for text in replies]
        scores = iter(self._each(self._score, pairs))
        return [[next(scores) for _ in replies] for replies in texts]

    def _each[*Question, Answer](
        self, ask: Callable[[*Question], Answer], questions: Sequence[tuple[*Question]]
    ) -> list[Answer]:
        """Ask all, some at a time; the first that fails ends it, and those that wait are not sent."""
        pool = ThreadPoolExecutor(self._parallel)
        try:
            return list(pool.map(lambda question: ask(*question), questions))
        finally:
            pool.shutdown(cancel_futures=True)

    def _answer(self, prompt: str, seed: int) -> ServerAnswer:
        asked: dict[str, Any] = {
            "model": self.name,
            "temperature": self._sampling.temperature,
            "top_p": self._sampling.top_p,
            "max_tokens": self._sampling.max_tokens,
            "seed": seed,
            "stream": False,
        }
        if self._interface == "chat":
            found = self._client.post("chat/completions", asked | {"messages": [{"role": "user", "content": prompt}]})
            choice = self._choice(found)
            text = (choice.get("message") or {}).get("content")
        else:
            found = self._client.post("completions", asked | {"prompt": prompt, "stop": [self._prompting.stop]})
            choice = self._choice(found)
            text = choice.get("text")
        if not isinstance(text, str):
            raise ServerError(self._client.url, f"gave an answer without a text: {str(choice)[:200]}")
        stopped = choice.get("finish_reason") != "length"
        lines = text.split("\n")
        return ServerAnswer([line.strip() for line in (lines if stopped else lines[:-1]) if line.strip()], stopped)

    def _score(self, prompt: str, reply: str) -> float:
        # Two words to a line would be two replies.
        whole = prompt + " ".join(reply.split()) + self._prompting.stop
        asked = {"model": self.name, "prompt": whole, "echo": True, "logprobs": 1, "max_tokens": 1, "temperature": 0}
        try:
            told = self._choice(self._client.post("completions", asked)).get("logprobs")
        except ServerError as error:
            if error.status is None or not 400 <= error.status < 500:
                raise
            raise CannotScoreError(str(error)) from error
        return self._sum(told, len(prompt), len(whole))

    def _sum(self, told: Any, start: int, end: int) -> float:
        """Add up the tokens that reach into [start, end) of the text that was sent."""
        if not isinstance(told, Mapping) or not told.get("token_logprobs") or not told.get("text_offset"):
            raise CannotScoreError(f"{self._client.url} echoes no log-probabilities of a prompt")
        tokens, numbers, offsets = (told[name] for name in ("tokens", "token_logprobs", "text_offset"))
        ends = [offset + len(token) for offset, token in zip(offsets, tokens, strict=True)]
        chosen = [
            number for number, offset, last in zip(numbers, offsets, ends, strict=True) if last > start and offset < end
        ]
        if not chosen or max(ends) < end or any(number is None for number in chosen):
            raise CannotScoreError(f"{self._client.url} tells log-probabilities of what it adds, not of the prompt")
        return math.fsum(chosen)

    def _choice(self, found: Any) -> Mapping[str, Any]:
        choices = _rows(found, "choices")
        if not choices:
            raise ServerError(self._client.url, f"gave no choices: {str(found)[:200]}")
        return choices[0]


def _rows(found: Any, name: str) -> list[Mapping[str, Any]]:
    rows = found.get(name) if isinstance(found, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
