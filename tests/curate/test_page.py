"""The page of a dataset: every number once, strangers' text harmless, fifty samples with what was said before."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from dougpt_curate import CurateSettings, ExpectSettings, curate, dataset_page, expectations
from dougpt_curate.page.bars import percent, text
from hypothesis import given
from hypothesis import strategies as st

LOOSE = CurateSettings(min_confidence=0.1)
VOID = {"meta", "br"}


class Balanced(HTMLParser):
    """Fails where a tag is closed that was not opened; knows which tags there were."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002  # the base class names it
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Balanced:
    parser = Balanced()
    parser.feed(page)
    assert not parser.open
    return parser


@pytest.fixture(scope="module")
def made(make_recordings: Callable[..., Any]) -> Any:
    return curate(*make_recordings(list("abcdef"), turns=40, messages=120).tables, LOOSE)


def test_the_page_tells_the_funnel_with_each_reason_and_shows_fifty_samples(made: Any) -> None:
    strict = ExpectSettings(min_samples={"train": 10_000})
    gates = expectations(made.report, made.samples, strict, allow=["samples_train"])

    page = dataset_page(made.report, made.samples, made.profile, "example", suite=3, expectations=gates)

    parsed(page)
    for reason in (*made.report.links["not_accepted"], *made.report.replies["rejected"]):
        assert f"<td>{reason.replace('_', ' ')} <span" in page
    assert "Allowed by a person although it fails" in page
    assert "suite 3" in page
    shown = set(re.findall(r"sample <code>(\w+)</code>", page))
    assert len(shown) == 50
    rows = {row["sample_id"]: row for row in made.samples.to_pylist()}
    assert all(text(rows[name]["prompt"]) in page for name in shown)
    assert all(text(earlier) in page for name in shown for earlier in rows[name]["context"])


def test_a_share_is_one_of_what_it_was_chosen_from(made: Any) -> None:
    page = dataset_page(made.report, made.samples, made.profile)
    turns = made.report.turns

    events, became = (
        page.split(f"<caption>What became of every {what}")[1].split("</table>")[0] for what in ("chat", "turn")
    )

    assert "samples" not in events
    assert percent(turns["kept"] / turns["spoken"], 1) in became.split("samples")[1]


def test_the_page_is_the_same_for_the_same_dataset_and_needs_nothing(made: Any) -> None:
    one, two = (dataset_page(made.report, made.samples, made.profile) for _ in range(2))

    assert one == two
    assert not parsed(one).seen & {"script", "link", "img", "iframe"}
    assert "http" not in re.sub(r"content=\"[^\"]*\"", "", one).replace("http-equiv", "")


def test_an_empty_dataset_has_a_page_that_says_so(make_dialogue: Callable[..., Any]) -> None:
    found = curate(*make_dialogue(["hello"], [[]]).tables)

    page = dataset_page(found.report, found.samples, found.profile)

    parsed(page)
    assert "There are no samples" in page


def test_what_chat_wrote_is_text_and_never_a_tag(make_dialogue: Callable[..., Any]) -> None:
    said = "<script>alert(1)</script> & \u202egone\x00 <b"
    found = curate(*make_dialogue(["<i>hello</i>"], [[said]]).tables)

    page = dataset_page(found.report, found.samples, found.profile, "<dataset>")

    assert "script" not in parsed(page).seen
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; gone\ufffd &lt;b" in page


@given(st.text())
def test_any_text_stays_in_its_place(written: str) -> None:
    shown = text(written)

    assert not set(shown) & set("<>\x00\u202e")
    shown.encode()
