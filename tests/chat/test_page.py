"""The page of chat's clock shows what was found, holds nothing that acts, and is the same for the same report."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from dougpt_chat import clock_page, read_chat
from dougpt_chat.clock import tell_time
from dougpt_chat.page import parts_of
from dougpt_chat.residuals import MOST_AGREEING, MOST_APART, residuals_of
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
HOSTILE = '<script>alert("x")</script><img src=x onerror=y>&amp;'


class Tags(HTMLParser):
    """Collects the names of elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.fixture(scope="module")
def report(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> dict[str, object]:
    messages = [say((("a", None),), at_ms=997 * number, id=f"m-{number}") for number in range(400)]
    found = read_chat(saved(document(messages)), recording_id=RECORDING).report.to_dict()
    return json.loads(json.dumps(found))  # type: ignore[no-any-return] # as it is kept


def test_a_page_shows_counts_pieces_and_figures(report: dict[str, object]) -> None:
    page = clock_page([("one.json", report)])

    assert "twitchdownloader: 400 records, 400 events, 0 repeated, 0 rejected." in page
    assert "Rebuilt in 1 piece;" in page
    assert page.count("<svg") == 2
    assert page == clock_page([("one.json", report)])


def test_pieces_of_a_clock_are_shown_beside_one_another(report: dict[str, object]) -> None:
    (first,) = report["segments"]  # type: ignore[misc] # one of them
    second = first | {"from_ms": 200_000, "start_ms": first["start_ms"] + 2500}

    page = clock_page([("two", report | {"segments": [first, second]})])

    assert page.count("<svg") == 3
    assert "Rebuilt in 2 pieces;" in page
    assert "<td>+2.500 s</td>" in page


def test_nothing_in_a_report_acts_on_the_page(report: dict[str, object]) -> None:
    hostile = report | {"origin": HOSTILE, "warnings": [HOSTILE], "slope": HOSTILE, "copied_times": True}

    page = clock_page([(HOSTILE, hostile)])

    seen = Tags()
    seen.feed(page)
    assert not seen.tags & {"script", "img", "iframe", "link", "object", "a"}
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in {"src", "action"}]
    assert not [value for name, value in seen.attributes if name.endswith("href") and not str(value).startswith("#")]
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", page)
    assert page.count("&lt;script&gt;alert(") == 4


def test_the_parts_of_a_merge_are_shown_each(report: dict[str, object]) -> None:
    assert parts_of(report) == [report]
    assert parts_of({"parts": [report, {"engine": "rapidocr"}, report]}) == [report, report]


@pytest.mark.parametrize("messages", [0, 1, 3])
def test_an_export_of_few_messages_has_a_page_too(
    messages: int, say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    text = document([say((("a", None),), id=f"m-{number}") for number in range(messages)])

    page = clock_page([("few", read_chat(saved(text), recording_id=RECORDING).report.to_dict())])

    assert "No milliseconds could be rebuilt" in page


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), messages=st.integers(0, 5000), hours=st.floats(0.01, 6))
def test_residuals_are_few_and_those_that_agree_lie_in_their_second(seed: int, messages: int, hours: float) -> None:
    rng = np.random.default_rng(seed)
    true_N = np.sort(rng.uniform(-5000, hours * 3.6e6, messages))
    offset_s_N, sent_N = np.floor(true_N / 1000), np.floor(1_714_845_607_312.4 + true_N)
    sent_N[rng.random(messages) < 0.02] += 5000
    clock = tell_time(offset_s_N, sent_N)

    found = residuals_of(clock, offset_s_N, sent_N)

    assert len(found.at_ms) == len(found.start_ms) == len(found.agrees) <= MOST_AGREEING + MOST_APART
    assert list(found.at_ms) == sorted(found.at_ms)
    assert found.measured == messages
    assert sum(map(sum, found.sources.values())) == messages
    agreeing = [start for start, agrees in zip(found.start_ms, found.agrees, strict=True) if agrees]
    assert all(-20 <= start <= 1020 for start in agreeing) or len(clock.segments) > 1


def test_times_that_stand_in_the_file_are_not_shown_as_a_failure_to_rebuild(report: dict[str, object]) -> None:
    exact = report | {"segments": [], "offset_sources": {"exact": 400}}

    page = clock_page([("one.json", exact)])

    assert "to the millisecond; nothing had to be rebuilt" in page
    assert "keeps its whole second" not in page
