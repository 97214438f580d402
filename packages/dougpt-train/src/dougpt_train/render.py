"""What a model reads and writes: one rendering for training, generation and scoring.

A sample becomes a conversation of one user turn and one assistant turn. The user turn holds the earlier
utterances, the one that was answered behind `>`, and how busy chat was:

    so this is the last boss
    > should I press the red button?
    [chat: fast]

The assistant turn holds the replies, one a line, in the order they came in (the burst form), or one reply
behind `[chat: one]` (the single form), which is also how a single reply is scored. Nothing is added to a
model's vocabulary: lines and brackets are plain text. Names of viewers never appear, pseudonyms neither.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from dougpt_train.draws import keep_by_rate, ranking, uniform
from dougpt_train.settings import Form, TrainSettings
from dougpt_train.tokens import control_tokens, tokenised_in_turn

PSEUDONYM = re.compile(r"@[0-9a-f]{8,}\b")
VIEWER = "@viewer"
ONE = "one"
ASKED = "> "
CHUNK_ROWS = 2048
MOST_KNOWN = 200_000


@dataclass(frozen=True, slots=True)
class Turn:
    """What a prompt is made of, each part one line of plain text."""

    context: tuple[str, ...]
    prompt: str
    pace: str
    instruction: str = ""

    @property
    def text(self) -> str:
        """The user turn."""
        opening = (self.instruction,) if self.instruction else ()
        return "\n".join((*opening, *self.context, ASKED + self.prompt, f"[chat: {self.pace}]"))

    def shorter(self) -> "Turn":
        """Return the turn without its oldest line, or, with no line left, without the oldest words of the prompt."""
        if self.context:
            return replace(self, context=self.context[1:])
        words = self.prompt.split(" ")
        if len(words) > 1:
            return replace(self, prompt=" ".join(words[max(1, len(words) // 8) :]))
        return replace(self, prompt=self.prompt[(len(self.prompt) + 1) // 2 :])


@dataclass(frozen=True, slots=True)
class Row:
    """One training row as text."""

    sample_id: str
    recording_id: str
    form: Form
    user: str
    reply: str
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row as tokens: `ids` up to and including the stop token, and the prompt that a model is asked with.

    A sound row starts with `prompt_ids` and ends in a stop token; the preflight proves that it does.
    """

    row: Row
    prompt_ids: list[int]
    ids: list[int]

    @property
    def labels(self) -> list[int]:
        """The tokens that are learnt; -100 stands where nothing is."""
        start = len(self.prompt_ids)
        return [-100] * min(start, len(self.ids)) + self.ids[start:]


@dataclass(slots=True)
class RenderReport:
    """What rendering did to the samples, in counts."""

    samples: int = 0
    rows: dict[str, int] = field(default_factory=lambda: {"burst": 0, "single": 0})
    samples_drawn_out: int = 0
    """Samples of which no reply was kept by its weight, summed over the epochs."""
    empty_replies: int = 0
    bursts_shortened: int = 0
    replies_too_long: int = 0
    prompts_shortened: int = 0
    control_tokens_defused: int = 0

    def to_dict(self) -> dict[str, object]:
        """Return the counts, ready for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


class Renderer:
    """Renders samples for one tokenizer.

    Args:
        tokenizer: A `transformers` tokenizer with a chat template.
        settings: The run's settings.
        stop_ids: The tokens that end an answer.
    """

    def __init__(self, tokenizer: Any, settings: TrainSettings, stop_ids: Sequence[int]) -> None:
        self.tokenizer = tokenizer
        self.settings = settings
        self.stop_ids = frozenset(stop_ids)
        template = tokenizer.chat_template or ""
        self.template_options = {"enable_thinking": False} if "enable_thinking" in template else {}
        self._known: dict[str, list[int]] = {}
        self._control = control_tokens(tokenizer)

    def prompts(self, samples: pa.Table, form: Form, report: RenderReport | None = None) -> list[str]:
        """Return the user turn of each sample, cut to `prompt_tokens` from its oldest end."""
        report = report if report is not None else RenderReport()
        turns = [self._turn(sample, form, report) for sample in samples.to_pylist()]
        return self._fit_prompts(turns, report)

    def rows(self, samples: pa.Table, epochs: int = 1) -> tuple[list[Row], RenderReport]:
        """Return the training rows, epoch by epoch in the order of the samples, and what was done to get them.

        Each epoch draws anew: a reply stays with the probability of its weight, at most `burst_lines` of a
        sample, chosen in proportion to their weights, keep the order in which they were written.
        """
        report = RenderReport(samples=samples.num_rows)
        users = {form: self.prompts(samples, form, report if form == "burst" else None) for form in self._forms()}
        rows: list[Row] = []
        for epoch in range(epochs):
            for place, sample in enumerate(samples.to_pylist()):
                rows.extend(self._sample_rows(sample, epoch, {form: users[form][place] for form in users}, report))
        kept = self._fit_replies(rows, report)
        for row in kept:
            report.rows[row.form] += 1
        return kept, report

    def encode(self, rows: Sequence[Row]) -> list[Encoded]:
        """Return the rows as tokens, each cut behind its first stop token after the prompt."""
        prompts = self.prompt_ids([row.user for row in rows])
        texts = (
            self._rendered([[*_user(row.user), {"role": "assistant", "content": row.reply}] for row in chunk])
            for chunk in _chunks(rows)
        )
        fulls = tokenised_in_turn(self.tokenizer, texts)
        return [
            Encoded(row, prompt, self._to_stop(full, len(prompt)))
            for row, prompt, full in zip(rows, prompts, fulls, strict=True)
        ]

    def prompt_ids(self, users: Sequence[str]) -> list[list[int]]:
        """Return the tokens a model is asked with, for each user turn; one that was asked before is remembered."""
        known = self._known
        if len(known) > MOST_KNOWN:
            known.clear()
        new = [user for user in dict.fromkeys(users) if user not in known]
        texts = (self._rendered([_user(user) for user in chunk], add_generation_prompt=True) for chunk in _chunks(new))
        known.update(zip(new, tokenised_in_turn(self.tokenizer, texts), strict=True))
        return [known[user] for user in users]

    def conversation(self, row: Row) -> dict[str, object]:
        """Return the row as TRL's prompt-completion conversation, for those who train elsewhere."""
        return {
            "prompt": _user(row.user),
            "completion": [{"role": "assistant", "content": row.reply}],
            "chat_template_kwargs": self.template_options,
        }

    def line(self, text: str) -> str:
        """Return a text on one line, without pseudonyms and without anything the tokenizer takes for control."""
        plain = " ".join(PSEUDONYM.sub(VIEWER, text).split())
        return self._control.sub(lambda found: found[0][0] + " " + found[0][1:], plain) if self._control else plain

    def _forms(self) -> tuple[Form, ...]:
        if self.settings.form == "single":
            return ("single",)
        return ("burst", "single") if self.settings.single_share else ("burst",)

    def _turn(self, sample: Mapping[str, Any], form: Form, report: RenderReport) -> Turn:
        most = self.settings.context_lines
        texts = (*(sample["context"][-most:] if most else ()), sample["prompt"])
        if self._control:
            report.control_tokens_defused += sum(len(self._control.findall(text)) for text in texts)
        *context, prompt = [self.line(text) for text in texts]
        return Turn(
            context=tuple(line for line in context if line),
            prompt=prompt,
            pace=ONE if form == "single" else self.line(sample["rate_bucket"]),
            instruction=self.line(self.settings.instruction),
        )

    def _sample_rows(
        self, sample: Mapping[str, Any], epoch: int, users: Mapping[Form, str], report: RenderReport
    ) -> Iterator[Row]:
        names = (self.settings.seed, epoch, sample["sample_id"])
        responses = sample["responses"]
        kept = [responses[place] for place in keep_by_rate([one["weight"] for one in responses], *names)]
        texts = [self.line(response["text"]) for response in kept]
        report.empty_replies += texts.count("")
        lines = [(text, one["weight"]) for text, one in zip(texts, kept, strict=True) if text]
        if not lines:
            report.samples_drawn_out += 1
            return
        most = self.settings.burst_lines
        once_more = self._forms() == ("burst", "single") and uniform("single", *names) < self.settings.single_share
        # A draw costs a hash for each reply: none is made where everything is taken anyway.
        drawn = len(lines) > most or (once_more and len(lines) > 1)
        order = ranking([weight for _, weight in lines], *names) if drawn else list(range(len(lines)))
        ids = (sample["sample_id"], sample["recording_id"])
        if "burst" in users:
            reply = "\n".join(lines[place][0] for place in sorted(order[:most]))
            yield Row(*ids, "burst", users["burst"], reply, epoch)
        if self.settings.form == "single":
            for place in sorted(order[:most]):
                yield Row(*ids, "single", users["single"], lines[place][0], epoch)
        elif once_more:
            yield Row(*ids, "single", users["single"], lines[order[0]][0], epoch)

    def _fit_prompts(self, turns: list[Turn], report: RenderReport) -> list[str]:
        turns = list(turns)
        lengths = self._lengths([turn.text for turn in turns])
        long = [place for place, length in enumerate(lengths) if length > self.settings.prompt_tokens]
        report.prompts_shortened += len(long)
        while long:
            for place in long:
                turns[place] = turns[place].shorter()
            lengths = self._lengths([turns[place].text for place in long])
            long = [
                place
                for place, length in zip(long, lengths, strict=True)
                if length > self.settings.prompt_tokens and turns[place].prompt
            ]
        return [turn.text for turn in turns]

    def _fit_replies(self, rows: Sequence[Row], report: RenderReport) -> list[Row]:
        """Take lines from bursts that are too long, evenly and always the same ones; leave long single replies out."""
        kept = list(rows)
        long = [place for place, length in enumerate(self._reply_lengths(kept)) if length > self.settings.reply_tokens]
        shortened = set()
        while long:
            for place in long:
                lines = kept[place].reply.split("\n")
                gone = max(range(len(lines)), key=lambda at: uniform("cut", kept[place].sample_id, lines[at], at))
                kept[place] = replace(kept[place], reply="\n".join(lines[:gone] + lines[gone + 1 :]))
                shortened.add(place)
            lengths = self._reply_lengths([kept[place] for place in long])
            long = [place for place, length in zip(long, lengths, strict=True) if length > self.settings.reply_tokens]
        lost = sum(not row.reply for row in kept)
        report.replies_too_long += lost
        report.bursts_shortened += len(shortened) - lost
        return [row for row in kept if row.reply]

    def _lengths(self, users: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self.prompt_ids(users)]

    def _reply_lengths(self, rows: Sequence[Row]) -> list[int]:
        """Return how many tokens each reply has with its stop; one of few bytes is taken by them, it has no more."""
        lengths = [len(row.reply.encode()) + 1 for row in rows]
        long = [place for place, length in enumerate(lengths) if length > self.settings.reply_tokens]
        if long:
            found = self.tokenizer([rows[place].reply for place in long], add_special_tokens=False)["input_ids"]
            for place, ids in zip(long, found, strict=True):
                lengths[place] = len(ids) + 1
        return lengths

    def _rendered(self, conversations: list[list[dict[str, str]]], **options: bool) -> list[str]:
        found = self.tokenizer.apply_chat_template(conversations, tokenize=False, **options, **self.template_options)
        return list(found)

    def _to_stop(self, ids: list[int], start: int) -> list[int]:
        end = next((at for at in range(start, len(ids)) if ids[at] in self.stop_ids), len(ids))
        return ids[: end + 1]


def _chunks[T](rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + CHUNK_ROWS] for start in range(0, len(rows), CHUNK_ROWS))


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]
