"""The page holds every word and its time as data, plays it on the recording's clock, and runs nothing of anybody's."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow as pa
import pytest
from dougpt_media.audio import Audio
from dougpt_media.page import Heard, draw_page, hear
from dougpt_media.page.envelope import STEP_MS, envelope
from dougpt_media.page.sidecar import write_sidecar
from dougpt_media.report import Report
from dougpt_schema import GAPS, WORDS
from dougpt_schema.testing import tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RATE_HZ = 16_000
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "\u202eevil\u2066",
    "x" * 10_000,
    "{{ data }}",
    "e" + "\u0301" * 50,
    "\u200b",
    "\u2028",
)


class Tags(HTMLParser):
    """Collects elements with their attributes, and the text of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "script" and self.scripts:
            self.scripts[-1] += data


def seen(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def data_of(page: str) -> dict[str, Any]:
    return dict(json.loads(seen(page).scripts[0]))


def words(*texts: str, **more: object) -> pa.Table:
    return WORDS.table(
        {
            "recording_id": "0123456789abcdef",
            "word_id": index,
            "start_ms": 1000 * index,
            "end_ms": 1000 * index + 400,
            "text": text,
            "normal": "",
            "timing": "forced",
            "segment_id": 0,
            "flags": [],
            "source_id": "s",
            **more,
        }
        for index, text in enumerate(texts)
    )


def sound(samples: np.ndarray[Any, np.dtype[np.int16]], start_ms: int = 0) -> Audio:
    return Audio(samples, RATE_HZ, start_ms, (), Report("made"))


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=12, deadline=None)
@given(tables(WORDS, max_rows=8), tables(GAPS, max_rows=4))
def test_every_word_stands_on_the_page_with_its_time(table: pa.Table, gaps: pa.Table) -> None:
    if len(table["recording_id"].unique()) > 1:
        with pytest.raises(ValueError, match="words of one recording"):
            draw_page(table, gaps, {})
        return

    page = draw_page(table, gaps, {})
    found = data_of(page)

    assert found["start"] == table["start_ms"].to_pylist()
    assert [a + b for a, b in zip(found["start"], found["length"], strict=True)] == table["end_ms"].to_pylist()
    assert len(found["text"]) == len(found["sure"]) == len(found["timing"]) == len(found["speaker"]) == table.num_rows
    assert found["gaps"] == [[row["from_ms"], row["to_ms"], row["cause"]] for row in gaps.to_pylist()]
    for index, flags in enumerate(table["flags"].to_pylist()):
        assert len(found["flagged"].get(str(index), [])) == len(flags)
    assert page == draw_page(table, gaps, {})


def test_no_text_leaves_its_place() -> None:
    text = HOSTILE[0] + HOSTILE[1]
    report = {
        "warnings": [text],
        "facts": {"engine": text, text: text, "model": text},
        "counts": {text: 1},
        "ways": [text],
    }
    table = words(*HOSTILE, speaker=text, flags=[text])

    page = draw_page(table, GAPS.empty(), report, title=text, heard=Heard(b"", 0, f"{text}.webm"))

    tags = seen(page)
    assert tags.tags.count("script") == 2
    assert not {"img", "iframe", "object", "link", "base", "form"} & set(tags.tags)
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name in {"src", "action"}]
    assert not [value for name, value in tags.attributes if name == "href" and not str(value).startswith("#")]
    assert not {"\u202e", "\u2066", "\u2028"} & set(page)
    found = data_of(page)
    assert found["text"][0] == "<script>alert(1)</script>"
    assert found["text"][2] == "evil"
    assert found["text"][3].endswith("… (10\u2009000 characters)")
    assert found["text"][4] == "{{ data }}"
    assert found["text"][5] == "e\u0301\u0301"
    assert found["text"][6:] == ["∅", "∅"]


def test_the_policy_lets_exactly_our_script_run() -> None:
    page = draw_page(words("hello"), GAPS.empty(), {})

    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert len(re.findall("'sha256-", policy)) == 1


def test_figures_at_the_top_count_what_the_words_say() -> None:
    rows = words("a", "b", "c", probability=0.9).to_pylist()
    rows[2] |= {"timing": "interpolated", "flags": ["unaligned"]}
    table = WORDS.table(rows)
    gaps = GAPS.table([{"recording_id": "0123456789abcdef", "from_ms": 0, "to_ms": 61_000, "cause": "muted"}])
    report = {"ways": ["whisperx"], "facts": {"model": "large-v3"}, "warnings": ["2 packets are damaged"]}

    page = draw_page(table, gaps, report)

    tiles = dict(reversed(pair) for pair in re.findall(r'<div class="tile"><b>(.*?)</b><span>(.*?)</span>', page))
    assert tiles["words"] == "3"
    assert tiles["with times from the sound (forced)"] == "67\u2009%"
    assert tiles["looked for in the sound and not found (unaligned)"] == "33\u2009%"
    assert tiles["doubtful words: flagged, or hardly recognised"] == "1"
    assert tiles["cannot be heard, in 1 gap"] == "0:01:01"
    assert tiles["found the words, with large-v3"] == "whisperx"
    assert "<li>2 packets are damaged</li>" in page
    assert "all words count as one speaker" in page


def test_a_share_that_is_nearly_all_is_not_called_all() -> None:
    table = words(*["a"] * 999, "b")
    timings = pa.array(["forced"] * 999 + ["decoded"])
    table = WORDS.conform(table.set_column(table.schema.get_field_index("timing"), "timing", timings))

    page = draw_page(table, GAPS.empty(), {})

    assert "99.90\u2009%" in page
    assert "0.10\u2009%" in page


def test_without_sound_the_page_says_so() -> None:
    page = draw_page(words("hello"), GAPS.empty(), {"ways": ["captions"]})

    assert "There is no sound to play" in page
    assert data_of(page)["sound"] is None
    assert "can be heard" not in page
    assert "can be heard" in draw_page(words("hello"), GAPS.empty(), {}, heard=Heard(b"", 0, "a.webm"))


@given(st.integers(0, 2000), st.integers(0, 3000), st.integers(0, 500), st.integers(-32_768, 32_767))
@settings(deadline=None)
def test_the_outline_shows_a_loud_sample_in_its_own_step(n: int, at: int, start_ms: int, value: int) -> None:
    samples = np.zeros(n, np.int16)
    samples[at % n if n else 0 : (at % n if n else 0) + 1] = value

    found = np.frombuffer(envelope(sound(samples, start_ms // STEP_MS * STEP_MS)), np.uint8)

    step = RATE_HZ * STEP_MS // 1000
    assert len(found) == start_ms // STEP_MS + -(-n // step)
    loud = np.flatnonzero(found)
    if n and abs(value) > 0:
        assert set(loud) <= {start_ms // STEP_MS + at % n // step}
        assert found.max() == round(255 * (abs(value) / 32_768) ** 0.5)
    else:
        assert not len(loud)


@pytest.mark.parametrize("start_ms", [0, 1500])
def test_the_sound_beside_the_page_begins_where_the_recording_does(start_ms: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 20, 12 * RATE_HZ).astype(np.int16)
    for second in range(12):
        first = second * RATE_HZ + RATE_HZ // 2
        samples[first : first + 160] = 26_000 * np.sin(2 * np.pi * 1000 * np.arange(160) / RATE_HZ)

    heard = hear(sound(samples, start_ms), tmp_path / "a.webm")
    write_sidecar(tmp_path / "b.webm", sound(samples, start_ms))

    with av.open(str(tmp_path / "a.webm")) as container:
        pieces = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
        rate_hz = container.streams.audio[0].rate
    loud = np.flatnonzero(np.abs(np.concatenate(pieces)) > 0.2)
    clicks_s = loud[np.r_[True, np.diff(loud) > rate_hz // 4]] / rate_hz
    assert clicks_s == pytest.approx(start_ms / 1000 + 0.5 + np.arange(12), abs=0.001)
    assert (heard.end_ms, heard.sound) == (start_ms + 12_000, "a.webm")
    assert (tmp_path / "a.webm").read_bytes() == (tmp_path / "b.webm").read_bytes()
    assert (tmp_path / "a.webm").stat().st_size < 12_000 / 1000 * 24_000 / 8 * 1.5 + start_ms
