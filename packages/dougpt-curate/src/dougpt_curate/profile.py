"""How a channel's chat talks, as numbers that a model of it can be compared with.

| name | key | value |
| --- | --- | --- |
| `replies_per_turn`, `characters`, `words`, `lag_ms` | `mean`, `p05`, `p25`, `p50`, `p75`, `p95` | over replies |
| `share` | `emote_only`, `capitals`, `repeated` | share of the replies |
| `style` | a style | its share of the messages, before any balance |
| `rate` | a speed of chat | its share of the samples |
| `emote` | an emote's name | share of the replies that hold it, the `MOST_EMOTES` most frequent |
| `count` | `samples`, `replies`, `messages`, `recordings` | what the numbers rest on |
"""

from collections.abc import Iterator

import pyarrow as pa
from dougpt_schema import PROFILE

from dougpt_curate.talk import FLAGS, MEASURED, Talk, mean, quantiles, shares

MOST_EMOTES = 200
QUANTILES = {"p05": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}

Number = tuple[str, str, float]


def make_profile(talk: Talk, channel: str) -> pa.Table:
    """Return the profile of what was counted."""
    if not talk.replies.total():
        return PROFILE.empty()
    rows = [
        {"channel": channel, "name": name, "key": key, "value": round(float(value), 4)}
        for name, key, value in _numbers(talk)
    ]
    return PROFILE.table(rows)


def _numbers(talk: Talk) -> Iterator[Number]:
    replies, samples = talk.replies.total(), talk.rates.total()
    for name in MEASURED:
        counts = talk.measured[name]
        yield name, "mean", mean(counts)
        for key, value in zip(QUANTILES, quantiles(counts, [*QUANTILES.values()]), strict=True):
            yield name, key, value
    for flag in FLAGS:
        yield "share", flag, talk.flags[flag] / replies
    for style, share in shares(talk.messages).items():
        yield "style", style, share
    yield "count", "samples", samples
    yield "count", "replies", replies
    yield "count", "messages", talk.messages.total()
    yield "count", "recordings", talk.recordings
    for rate, count in sorted(talk.rates.items()):
        yield "rate", rate, count / samples
    most = sorted(talk.emotes.items(), key=lambda emote: (-emote[1], emote[0]))[:MOST_EMOTES]
    for emote, count in most:
        yield "emote", emote, count / replies
