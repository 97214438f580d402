"""The page says what was found, lets no stranger's text out of its place, and needs nothing from elsewhere."""

import dataclasses
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from dougpt_align import Alignment, AlignReport, align
from dougpt_align.page import draw_page, figures
from dougpt_align.page.examples import spread
from dougpt_align.page.reasons import GROUPS, funnel
from dougpt_align.page.reliability import Judged, curve, judge
from dougpt_schema import CHAT_EVENTS, LABELS, LINK_MEANINGS, UTTERANCES, LinkReason
from dougpt_schema.installing import install_command
from dougpt_schema.page.words import LONGEST_TEXT, quoted
from hypothesis import given, settings
from hypothesis import strategies as st

LONG = "x" * 100_000
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "\u202eevil \u2066text\u2069 {{ 7*7 }} $x^2$ {% raw %}",
    LONG,
    "",
    "\u200b \u2060",
    "Z" + "\u0351" * 50 + "algo",
    "a\x1b[31m\x00b",
    "</blockquote></style></svg>]]><!-- -->\"'&amp;",
    "http://example.org/x javascript:alert(1)",
)


class Outline(HTMLParser):
    """Collects what a browser would load, run or read out."""

    VOID = frozenset({"meta", "br", "img", "link", "path", "use", "rect"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def values(self, *names: str) -> list[str | None]:
        return [value for _, name, value in self.attributes if name in names]


@dataclasses.dataclass(frozen=True)
class Drawn:
    alignment: Alignment
    utterances: pa.Table
    chat_events: pa.Table
    labels: pa.Table
    page: str


@pytest.fixture(scope="module")
def drawn(make: Callable[..., Any], label: Callable[..., pa.Table]) -> Drawn:
    """A recording whose chat jumps by 40 s, a third of it hostile on both sides, with 400 random labels."""
    made = make(minutes=30)
    events, said = made.chat_events.to_pylist(), made.utterances.to_pylist()
    for place, row in enumerate(events):
        row["text"] = HOSTILE[place // 3 % len(HOSTILE)] if place % 3 == 0 else row["text"]
        row["offset_ms"] += 40_000 if row["offset_ms"] > 900_000 else 0
    for place, row in enumerate(said):
        row["text"] += HOSTILE[place // 3 % len(HOSTILE)] if place % 3 == 0 else ""
    utterances, chat_events = UTTERANCES.table(said), CHAT_EVENTS.table(events)
    asked = np.sort(np.random.default_rng(1).choice(1200, 400, replace=False)).tolist()
    labels = label(dataclasses.replace(made, utterances=utterances), asked)
    found = align(utterances, chat_events, labels=labels)
    return Drawn(found, utterances, chat_events, labels, draw_page(found, utterances, chat_events, labels=labels))


SAID = {"utterance_start_ms": 1_000, "utterance_end_ms": 2_000, "utterance_text": "made up"}
UNSAID = dict.fromkeys(SAID)


def shown(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page[page.index("<body>") :]).split())


def test_strangers_texts_stay_texts(drawn: Drawn) -> None:
    outline = Outline(drawn.page)

    assert not {"script", "img", "iframe", "object", "embed", "form"} & set(outline.tags)
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]
    assert outline.open == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in drawn.page
    assert "{{ 7*7 }}" in drawn.page
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]|\u0351{3}", drawn.page)


def test_a_long_text_is_cut_and_its_length_is_said(drawn: Drawn) -> None:
    assert "x" * (LONGEST_TEXT + 1) not in drawn.page
    assert "cut here: 100\u2009000 characters in all" in drawn.page
    assert len(drawn.page) < 400_000


def test_a_text_with_nothing_to_see_is_said_to_be_one(drawn: Drawn) -> None:
    assert "an empty text" in drawn.page or "a text with nothing to see" in drawn.page


def test_nothing_is_loaded_from_elsewhere_and_every_anchor_is_there(drawn: Drawn) -> None:
    outline = Outline(drawn.page)
    ids = outline.values("id")

    assert not {"link", "base"} & set(outline.tags)
    targets = outline.values("src", "href", "xlink:href", "action")
    assert targets
    assert all(target and target.startswith("#") and target[1:] in ids for target in targets)
    assert not re.search(r"url\((?!#)|@import", drawn.page)
    assert "default-src 'none'" in drawn.page
    assert len(ids) == len(set(ids))


def test_it_can_be_read_without_seeing_it(drawn: Drawn) -> None:
    outline = Outline(drawn.page)
    levels = [int(tag[1]) for tag in outline.tags if re.fullmatch(r"h[1-6]", tag)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert outline.tags.count("table") == outline.tags.count("caption")
    labels = [value for tag, name, value in outline.attributes if tag == "svg" and name == "aria-label"]
    assert len(labels) == outline.tags.count("svg") == 5
    assert all(label and re.search(r"\d", label) for label in labels)
    assert 'lang="en"' in drawn.page


def test_equal_inputs_give_equal_bytes_through_json_too(drawn: Drawn) -> None:
    report = AlignReport.from_dict(json.loads(json.dumps(drawn.alignment.report.to_dict(), sort_keys=True)))
    again = dataclasses.replace(drawn.alignment, report=report)

    assert report == AlignReport.from_dict(drawn.alignment.report.to_dict())
    assert draw_page(again, drawn.utterances, drawn.chat_events, labels=drawn.labels) == drawn.page


def test_the_figures_of_the_report_stand_on_the_page(drawn: Drawn) -> None:
    text, report = shown(drawn.page), drawn.alignment.report

    assert f"{report.accepted} of 1 200 chat events" in text
    assert "pinned by labels (400 labels drawn at random)" in text
    assert "Chat&#39;s clock is ahead of the recording&#39;s by 0.0 to 40.0 s, in 2 stretches" in text
    assert "calibrated on the same labels" in text
    assert "No reliability curve" not in text
    for warning in report.warnings:
        assert warning in text
    for reason, count in report.reasons.items():
        row = f"{reason.replace('_', ' ')} {LINK_MEANINGS[LinkReason(reason)]} {count:,}"
        assert row.replace(",", " ") in text.replace(",", " ")


def test_few_labels_and_what_people_disagree_on_are_told_without_contradiction(drawn: Drawn) -> None:
    rows = drawn.labels.slice(0, 12).to_pylist()
    other = [
        row
        | {
            "label_id": f"ben {n}",
            "rater": "ben<b>",
            "verdict": "reply" if no else "not_a_reply",
            **(SAID if no else UNSAID),
        }
        for n, row in enumerate(rows[:2])
        for no in [row["verdict"] == "not_a_reply"]
    ]
    labels = LABELS.table([*rows, *other])
    found = align(drawn.utterances, drawn.chat_events, labels=labels)
    page = draw_page(found, drawn.utterances, drawn.chat_events, labels=labels)
    text = shown(page)

    assert found.report.labels["random"] == 10
    assert "10 random labels are too few to pin it, it takes 30" in text
    assert "no random labels pin it" not in text
    assert "Label 40 more events drawn at random: 30 in all pin the share of answers, 50 calibrate" in text
    assert "59 accepted ones without an error certify" in text
    assert "2 disputed messages count for nothing" in text
    assert "What people disagree on (2)" in text
    assert "ben&lt;b&gt;" in page
    outline = Outline(page)
    assert outline.open == []
    levels = [int(tag[1]) for tag in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_without_labels_the_page_says_that_no_curve_can_be_drawn(made: Any) -> None:
    found = align(made.utterances, made.chat_events)

    text = shown(draw_page(found, made.utterances, made.chat_events))

    assert "No reliability curve can be drawn" in text
    assert "Label events drawn at random" in text


def test_chat_of_another_recording_is_said_to_be_that(make: Callable[..., Any]) -> None:
    mine, other = make(2), make(3)
    found = align(mine.utterances, other.chat_events)

    text = shown(draw_page(found, mine.utterances, other.chat_events))

    assert "Speech and chat do not belong together: against copies" in text
    assert "Check that this chat belongs to this recording" in text
    assert "Nothing was accepted" in text


@pytest.mark.parametrize(
    ("has_speech", "has_chat", "said"),
    [(True, False, "There is no chat"), (False, True, "There is no speech"), (False, False, "There is no chat")],
)
def test_an_empty_side_gives_a_page_that_says_so(made: Any, has_speech: bool, has_chat: bool, said: str) -> None:
    utterances = made.utterances if has_speech else UTTERANCES.empty()
    chat_events = made.chat_events.slice(0, 50) if has_chat else CHAT_EVENTS.empty()

    page = draw_page(align(utterances, chat_events), utterances, chat_events)

    assert said in page
    assert "one side is empty" in page
    assert Outline(page).open == []


def test_the_page_says_what_people_call_the_recording() -> None:
    nothing = UTTERANCES.empty(), CHAT_EVENTS.empty()

    assert "Monday &lt;3 <code>" in draw_page(align(*nothing), *nothing, name="Monday <3")


def test_times_ages_apart_give_a_page_of_usual_size(made: Any, new_event: Callable[..., Any]) -> None:
    events = CHAT_EVENTS.table([new_event("a", -(10**12), "first"), new_event("b", 10**12, "last")])

    assert len(draw_page(align(made.utterances, events), made.utterances, events)) < 200_000


def test_tables_of_another_alignment_are_refused(drawn: Drawn, made: Any) -> None:
    with pytest.raises(ValueError, match="chat_events is not the table"):
        draw_page(drawn.alignment, drawn.utterances, drawn.chat_events.slice(0, 10))
    with pytest.raises(ValueError, match="utterances is not the table"):
        draw_page(drawn.alignment, drawn.utterances.slice(0, 10), drawn.chat_events)


WITHOUT = """
import sys
from dougpt_align import align
from dougpt_align.page import draw_page
from dougpt_schema import CHAT_EVENTS, UTTERANCES, MissingExtraError
print(sorted({"matplotlib", "jinja2", "markupsafe"} & set(sys.modules)))
nothing = UTTERANCES.empty(), CHAT_EVENTS.empty()
for library in ("jinja2", "matplotlib"):
    sys.modules[library] = None
    try:
        draw_page(align(*nothing), *nothing)
    except MissingExtraError as error:
        print(error)
    del sys.modules[library]
print(draw_page(align(*nothing), *nothing)[:15])
"""


def test_a_missing_extra_is_named_and_nothing_that_draws_is_loaded_before() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)

    how = install_command("dougpt-align[report]")
    missing = f"the report page of an alignment needs an extra that is not installed: {how}"
    assert done.stdout.splitlines() == ["[]", missing, missing, "<!doctype html>"]


def test_every_reason_has_a_phrase_and_stands_in_the_funnel_in_its_order() -> None:
    assert set(LINK_MEANINGS) == set(LinkReason)
    assert [name for _, names in GROUPS for name in names] == [reason.value for reason in LinkReason]


@given(st.lists(st.integers(-1, len(LinkReason) - 1)))
def test_the_funnel_ends_at_the_accepted_events(reasons: list[int]) -> None:
    groups = funnel(np.array(reasons, dtype=np.int64))

    assert groups[-1].left == reasons.count(-1)
    left = len(reasons)
    for group in groups:
        for step in group.steps:
            left -= step.count
            assert step.left == left
        assert group.left == left


@given(st.lists(st.integers(0, 10**6), max_size=40), st.integers(1, 8))
def test_examples_are_few_and_different_and_in_order(times: list[int], most: int) -> None:
    at_ms = np.array(sorted(times), dtype=np.int64)
    chosen = spread(np.arange(len(at_ms)), at_ms, most)

    assert len(chosen) == min(most, len(at_ms))
    assert chosen == sorted(set(chosen))
    assert all(0 <= row < len(at_ms) for row in chosen)


def test_examples_are_spread_over_time_though_a_burst_holds_most_events() -> None:
    at_ms = np.sort(np.r_[np.arange(0, 3_600_000, 60_000), np.full(5000, 1_000_001)])

    chosen = at_ms[spread(np.arange(len(at_ms)), at_ms, 6)]

    assert (chosen == 1_000_001).sum() <= 2
    assert chosen[-1] > 3_000_000


@settings(max_examples=40)
@given(st.text(st.characters(codec="utf-8"), max_size=2 * LONGEST_TEXT))
def test_a_quote_is_short_and_says_its_length_where_it_is_cut(text: str) -> None:
    quote = quoted(text)

    assert len(quote.text) <= LONGEST_TEXT
    assert quote.length == (len(text) if len(text) > LONGEST_TEXT else None)
    assert not (quote.blank and any(character.isalnum() for character in quote.text))


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u2060", "\u202e", "\u00a0\u3000"])
def test_a_text_without_a_shape_is_blank(text: str) -> None:
    assert quoted(text).blank


def test_the_curve_of_probabilities_that_are_right_lies_on_the_diagonal() -> None:
    rng = np.random.default_rng(0)
    probability = rng.random(5000)
    bins = curve(Judged(probability, rng.random(5000) < probability, np.ones(5000)))

    assert sum(one.labels for one in bins) == 5000
    assert all(one.low <= one.right <= one.high for one in bins)
    assert sum(one.low <= one.claimed <= one.high for one in bins) >= 8
    assert [one.claimed for one in bins] == sorted(one.claimed for one in bins)


def test_few_labels_make_no_curve() -> None:
    assert curve(Judged(np.full(11, 0.5), np.ones(11, dtype=np.bool_), np.ones(11))) == ()


def test_only_labels_drawn_at_random_are_judged(drawn: Drawn) -> None:
    judged = judge(drawn.alignment, drawn.labels)
    rows = drawn.labels.to_pylist()
    for row in rows[::2]:
        row["asked_as"] = "active"

    fewer = judge(drawn.alignment, LABELS.table(rows))

    assert 300 < len(judged.right_L) <= 400
    assert 0 < len(fewer.right_L) < 0.6 * len(judged.right_L)
    # What the model says most surely is what people found right most often.
    sure = judged.probability_L > np.median(judged.probability_L)
    assert judged.right_L[sure].mean() > judged.right_L[~sure].mean()


@pytest.mark.parametrize(("hours", "step"), [(0.5, 1), (2, 1), (3, 2), (60, 30), (1000, 500)])
def test_rates_have_a_readable_number_of_points(hours: float, step: int) -> None:
    assert figures.rate_step(np.array([0, int(hours * 3_600_000) - 1])) == step
