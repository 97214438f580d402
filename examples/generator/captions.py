"""Captions as people have them: YouTube's automatic ones (json3, rolling WebVTT), and a transcriber's SRT and WebVTT.

The automatic ones are lower case, know no full stop, mishear a word here and there and start words up to 200 ms off;
the transcriber's have whole sentences whose edges are a little off and no word times at all.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.dice import dice
from generator.lexicon import records
from generator.voice import Line, Word

MISHEARD_SHARE = {"auto": 0.35, "transcriber": 0.08}
WORDS_A_ROW = (5, 9)


@dataclass(frozen=True)
class Row:
    """A row of rolling captions; `words` carry the times that the captions claim."""

    words: tuple[Word, ...]

    @property
    def start_ms(self) -> int:
        """When it appears."""
        return self.words[0].start_ms

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(word.text for word in self.words)


def heard(lines: Sequence[Line], rng: random.Random) -> list[Word]:
    """The words that automatic captions claim to hear, in the order of the words said, with their times.

    A word's start is off by up to 200 ms, mostly early, and neighbours are off together; never before the word before.
    """
    misheard = records("vocabulary")["misheard"]
    words: list[Word] = []
    drift_ms = 0.0
    for line in lines:
        for word in line.words:
            drift_ms = max(-200.0, min(200.0, 0.75 * drift_ms + rng.gauss(-14, 75)))
            start_ms = max(word.start_ms + round(drift_ms), words[-1].start_ms + 40 if words else 0, 0)
            start_ms = min(start_ms, word.start_ms + 200)
            text = re.sub(r"[^\w'-]", "", word.text.lower())
            if text in misheard and rng.random() < MISHEARD_SHARE["auto"]:
                text = misheard[text]
            words.append(Word(text, start_ms, max(word.end_ms, start_ms + 60)))
    return words


def json3(words: Sequence[Word], length_ms: int) -> bytes:
    """YouTube's json3: a window, then a row an event with word starts in its segments, and a line feed after each."""
    rows = list(_rows(words))
    window = {"tStartMs": 0, "dDurationMs": length_ms, "id": 1, "wpWinPosId": 1, "wsWinStyleId": 1}
    events: list[dict[str, object]] = [window]
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        end_ms = _gone_ms(rows, row, length_ms)
        segs: list[dict[str, object]] = [{"utf8": row.words[0].text, "acAsrConf": 0}]
        segs += [
            {"utf8": f" {word.text}", "tOffsetMs": word.start_ms - row.start_ms, "acAsrConf": 0}
            for word in row.words[1:]
        ]
        events.append({"tStartMs": row.start_ms, "dDurationMs": end_ms - row.start_ms, "wWinId": 1, "segs": segs})
        if following and (break_ms := following.start_ms - 10) > row.start_ms:
            feed = {"dDurationMs": max(end_ms - break_ms, 10), "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]}
            events.append({"tStartMs": break_ms, **feed})
    root = {
        "wireMagic": "pb3",
        "pens": [{}],
        "wsWinStyles": [{}, {"mhModeHint": 2, "juJustifCode": 0, "sdScrollDir": 3}],
        "wpWinPositions": [{}, {"apPoint": 6, "ahHorPos": 20, "avVerPos": 100, "rcRows": 2, "ccCols": 40}],
        "events": events,
    }
    return json.dumps(root, ensure_ascii=False, separators=(",", ":")).encode()


def rolling_vtt(words: Sequence[Word], length_ms: int) -> bytes:
    """YouTube's automatic WebVTT: two rows roll, words carry time tags, and each row is there three times."""
    cues = ["WEBVTT\nKind: captions\nLanguage: en\n"]
    rows = list(_rows(words))
    above = " "
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        end_ms = min(_gone_ms(rows, row, length_ms), following.start_ms - 10 if following else length_ms)
        tagged = row.words[0].text + "".join(f"<{_clock(word.start_ms)}><c> {word.text}</c>" for word in row.words[1:])
        position = "align:start position:0%"
        cues.append(f"{_clock(row.start_ms)} --> {_clock(end_ms)} {position}\n{above}\n{tagged}\n")
        cues.append(f"{_clock(end_ms)} --> {_clock(end_ms + 10)} {position}\n{row.text}\n \n")
        above = row.text
    return "\n".join(cues).encode()


def transcribed(lines: Sequence[Line], rng: random.Random) -> list[Word]:
    """A transcriber's cues: sentences with their edges, some of them two sentences in one."""
    cues: list[Word] = []
    for line in lines:
        words = [_misheard(word.text, rng) for word in line.words]
        start_ms = max(line.start_ms + round(rng.gauss(-60, 90)), cues[-1].end_ms if cues else 0)
        cue = Word(" ".join(words), start_ms, max(line.end_ms + round(rng.gauss(80, 100)), start_ms + 300))
        joins = cues and cue.start_ms - cues[-1].end_ms < 400 and cue.end_ms - cues[-1].start_ms < 7000
        if joins and rng.random() < 0.3:
            cues[-1] = replace(cues[-1], text=f"{cues[-1].text} {cue.text}", end_ms=cue.end_ms)
        else:
            cues.append(cue)
    return cues


def srt(cues: Sequence[Word]) -> bytes:
    """SubRip."""
    spans = [f"{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{cue.text}\n" for cue in cues]
    return "\n".join(f"{number}\n{span}" for number, span in enumerate(spans, 1)).encode()


def vtt(cues: Sequence[Word]) -> bytes:
    """WebVTT with whole sentences."""
    shown = (f"{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}\n{cue.text}\n" for cue in cues)
    return "\n".join(("WEBVTT\n", *shown)).encode()


def _misheard(text: str, rng: random.Random) -> str:
    known: str | None = records("vocabulary")["misheard"].get(text.strip(".,?!").lower())
    return known if known and rng.random() < MISHEARD_SHARE["transcriber"] else text


def _rows(words: Sequence[Word]) -> Iterator[Row]:
    rng = dice("rows", len(words))
    row: list[Word] = []
    longest = rng.randint(*WORDS_A_ROW)
    for word in words:
        if row and (len(row) >= longest or word.start_ms - row[-1].end_ms > 1500):
            yield Row(tuple(row))
            row, longest = [], rng.randint(*WORDS_A_ROW)
        row.append(word)
    yield Row(tuple(row))


def _gone_ms(rows: Sequence[Row], row: Row, length_ms: int) -> int:
    """When a row has rolled away: as the one after the next appears, and no later than some seconds after its end."""
    after = rows[rows.index(row) + 2 :]
    return min(row.words[-1].end_ms + 2500, after[0].start_ms if after else length_ms, length_ms)


def _clock(ms: int, mark: str = ".") -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"
