"""A twenty-minute recording has too few messages to learn a lag kernel from nothing: a default reaction must carry it.

Found on the fourteen example recordings (300 to 1,000 messages each, true lags 5 to 13 s, median 7.7 s; best fixed lag
tuned on the answers F1 .45): in half of them the kernel went flat over the window, the median lag of what was accepted
became 15 to 23 s, and the fertilities of a few turns took everything (precision .42, best F1 .40 in all). What helped,
measured there: a less sticky fertility (shape 0.3 -> 3 to 6) and more trust in the starting kernel (100 -> 1,000
replies): precision .75 at the same recall, best F1 .49; more trust in the starting mark ratios (60 -> 1,500):
best F1 .51, precision .83. A rule that follows from how much there is to learn from (replies an utterance, events a
recording) would serve long recordings as well.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from dougpt_align import align
from dougpt_schema import CHAT_EVENTS, UTTERANCES

WORDS = ["apple", "badger", "castle", "dragon", "engine", "forest", "goblin", "hammer", "island", "jungle", "kettle"]


def slow_recording(seed: int) -> tuple[pa.Table, pa.Table, dict[str, tuple[int, int]]]:
    """Twenty minutes, 140 utterances, about 580 messages of which a third answer 5 to 13 s after the end."""
    rng = np.random.default_rng(seed)
    starts = np.sort(rng.integers(0, 1_190_000, 140))
    ends = np.minimum(starts + rng.integers(1_000, 5_000, 140), np.append(starts[1:], 1_200_000))
    texts = [" ".join(rng.choice(WORDS, 6)) for _ in starts]
    utterances = UTTERANCES.table(
        {
            "recording_id": "r",
            "utterance_id": n,
            "turn_id": n,
            "start_ms": int(start),
            "end_ms": int(end),
            "text": text,
            "n_words": 6,
            "first_word_id": 6 * n,
            "last_word_id": 6 * n + 5,
            "unaligned_share": 0.0,
            "is_question": bool(n % 7 == 0),
            "addresses_chat": bool(n % 7 == 0),
        }
        for n, (start, end, text) in enumerate(zip(starts, ends, texts, strict=True))
    )
    messages: list[tuple[int, str, int | None]] = []
    fertility = rng.gamma(0.5, 1.0, 140)
    for n in np.flatnonzero(fertility):
        for _ in range(rng.poisson(200 * fertility[n] / fertility.sum())):
            lag = int(rng.lognormal(np.log(7_400), 0.28))
            text = str(rng.choice(texts[n].split())) if rng.random() < 0.4 else str(rng.choice(["LUL", "KEKW", "yes"]))
            messages.append((int(ends[n]) + lag, text, int(n)))
    for _ in range(380):
        text = str(rng.choice(["LUL", "KEKW", "hello", "what is this game", "first time here", "brb food", "nice"]))
        messages.append((int(rng.integers(0, 1_200_000)), text, None))
    chat = CHAT_EVENTS.table(
        {
            "recording_id": "r",
            "event_id": f"{n:05d}",
            "offset_ms": at,
            "offset_precision_ms": 5,
            "offset_source": "rebuilt",
            "clock_segment": 0,
            "kind": "message",
            "author": f"a{n % 97}",
            "text": text,
            "emotes": [],
            "badges": [],
            "confidence": 1.0,
            "origin": "made",
            "source_id": "s",
            "source_row": n,
        }
        for n, (at, text, _) in enumerate(messages)
    )
    return utterances, chat, {f"{n:05d}": parent for n, (_, _, parent) in enumerate(messages) if parent is not None}


@pytest.mark.parametrize("seed", range(4))
def test_a_slow_short_recording_keeps_a_plausible_lag_and_finds_parents(seed: int) -> None:
    utterances, chat, truth = slow_recording(seed)

    links = align(utterances, chat).links

    accepted = links.filter(links["accepted"])
    assert 5_000 < pc.quantile(accepted["lag_ms"], 0.5)[0].as_py() < 10_500
    right = sum(truth.get(row["event_id"]) == row["utterance_id"] for row in accepted.to_pylist())
    assert right / accepted.num_rows > 0.5
