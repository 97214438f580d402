"""The page as a person meets it, in a real browser: keys, buttons, a phone, a reload, two windows, hostile chat."""

import re
import wave
from pathlib import Path
from typing import Any

import pytest
from desks import EVENTS, HOSTILE, SAID, Served, Window, desk_in, recording
from dougpt_review import Desk, Medium
from dougpt_schema import LABELS
from dougpt_schema.journal import read_journal

pytest.importorskip("playwright", reason="no playwright: what a browser shows is not tested")
from playwright.sync_api import Page, expect


def labels(desk: Desk) -> list[dict[str, Any]]:
    return read_journal(desk.book.path, LABELS).to_pylist() if desk.book.path.exists() else []


def asked(page: Page) -> str:
    return page.locator("#asked bdi").inner_text()


def saved(page: Page, count: int) -> None:
    """Wait until so many answers are kept and the next question is there: keys before that are not heard."""
    expect(page.locator("#count")).to_have_text(f"{count} of 20 in this sitting")
    expect(page.locator("#saved")).to_have_text(re.compile("saved|taken back"))
    expect(page.locator("body")).not_to_have_class(re.compile("waiting"))


def test_answers_by_keys_are_labels_and_z_takes_the_last_one_back(
    tmp_path: Path, served: Served, window: Window
) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk))
    first = asked(page)
    words = page.locator(".choices button").first.locator("bdi").inner_text()

    page.keyboard.press("1")
    saved(page, 1)
    second = asked(page)
    page.keyboard.press("0")
    saved(page, 2)
    third = asked(page)
    page.keyboard.press("u")
    saved(page, 3)
    skipped = asked(page)
    page.keyboard.press("s")
    expect(page.locator("#asked bdi")).not_to_have_text(skipped)
    rows = labels(desk)
    assert [row["verdict"] for row in rows] == ["reply", "not_a_reply", "unsure"]
    assert rows[0]["utterance_text"] == words
    assert len({first, second, third, skipped, asked(page)}) == 5

    page.keyboard.press("z")
    saved(page, 2)
    page.keyboard.press("z")
    expect(page.locator("#asked bdi")).to_have_text(second)
    saved(page, 1)
    assert [row["undoes"] for row in labels(desk)[3:]] == [rows[2]["label_id"], rows[1]["label_id"]]
    page.keyboard.press("u")
    saved(page, 2)
    assert labels(desk)[-1]["event_id"] == rows[1]["event_id"]


def test_a_reload_keeps_the_place_and_the_order(tmp_path: Path, served: Served, window: Window) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk))
    page.keyboard.press("0")
    saved(page, 1)
    before = asked(page)

    page.reload()
    assert asked(page) == before
    page.keyboard.press("0")
    saved(page, 2)
    assert [row["event_id"] for row in labels(desk)] == ["event 0/..", "event 1/.."]
    assert asked(page) == "message 2"


def test_everything_can_be_done_without_a_mouse(tmp_path: Path, served: Served, window: Window) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk))
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.value || ''")
        reached.append(name)
        if name == "unsure":
            break
    assert {"play", "again", "auto", "none", "unsure"} <= set(reached)
    page.keyboard.press("Enter")
    saved(page, 1)
    assert labels(desk)[0]["verdict"] == "unsure"
    assert page.evaluate("document.activeElement.id") == "asked"
    page.keyboard.press("Space")
    expect(page.locator("#play-name")).to_have_text("pause")


def test_everything_can_be_done_without_a_keyboard_on_a_phone(tmp_path: Path, served: Served, window: Window) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk), width=390, height=844, has_touch=True, is_mobile=True)
    sizes = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert sizes[0] <= sizes[1]
    page.locator(".choices button").first.tap()
    saved(page, 1)
    page.get_by_role("button", name="nothing").tap()
    saved(page, 2)
    page.get_by_role("button", name="answers this").first.tap()
    saved(page, 3)
    page.get_by_role("button", name="take the last answer back").tap()
    saved(page, 2)
    page.locator("#play").tap()
    expect(page.locator("#play-name")).to_have_text("pause")
    assert [row["verdict"] for row in labels(desk)] == ["reply", "not_a_reply", "reply", "unsure"]
    small = page.evaluate(
        """[...document.querySelectorAll(".choices button, .acts button")]
           .filter((one) => one.getBoundingClientRect().height < 44).length"""
    )
    assert small == 0


def test_every_control_has_a_name_and_the_question_is_a_heading(tmp_path: Path, served: Served, window: Window) -> None:
    page = window(served(desk_in(tmp_path)))
    told = page.locator("body").aria_snapshot()

    assert not re.findall(r"- (?:button|link|checkbox|progressbar|slider|textbox)(?: \[\w+\])?:?$", told, re.MULTILINE)
    assert re.search(r'heading "Which words does this message answer\? message 0" \[level=1\]', told)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.lang") == "en"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    assert page.locator("[role=status][aria-live=polite]").count() == 1


def test_blind_shows_no_probability_and_offers_words_in_the_order_of_time(
    tmp_path: Path, served: Served, window: Window
) -> None:
    desk = desk_in(tmp_path, blind=True)
    page = window(served(desk))
    for number in range(14):
        page.keyboard.press("0")
        saved(page, number + 1)
    assert page.locator("meter").count() == 0
    assert "%" not in page.locator("main").inner_text()
    offered = page.locator(".choices bdi").all_inner_texts()
    assert offered == sorted(offered, key=SAID.index)
    assert {row["blind"] for row in labels(desk)} == {True}


def test_chat_of_strangers_shows_as_text_and_runs_nothing(tmp_path: Path, served: Served, window: Window) -> None:
    desk = desk_in(tmp_path, made=recording(texts=HOSTILE), count=len(HOSTILE))
    page = window(served(desk))
    page.evaluate("document.addEventListener('securitypolicyviolation', () => (window.violated = true))")
    shown = []
    for number in range(len(HOSTILE) - 1):
        shown.append(asked(page) if page.locator("#asked bdi").count() else "")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("0")
        saved(page, number + 1)
    assert shown[0] == HOSTILE[0]
    assert page.evaluate("[window.pwned, window.violated]") == [None, None]


def test_two_windows_at_once_are_asked_different_things_and_lose_nothing(
    tmp_path: Path, served: Served, window: Window
) -> None:
    desk = desk_in(tmp_path)
    address = served(desk)
    pages = [window(address), window(address)]
    assert asked(pages[0]) != asked(pages[1])
    given = 0
    for turn in range(EVENTS):
        page = pages[turn % 2]
        if page.locator("#answers").count() and page.evaluate("!document.body.classList.contains('waiting')"):
            page.keyboard.press("0")
            given += 1
            # The last answer of a window is followed by the page that asks nothing, which soon replaces "saved".
            nothing_left = page.get_by_role("heading", name="Nothing is left to ask")
            expect(page.locator("#saved").get_by_text("saved").or_(nothing_left).first).to_be_visible()
    for page in pages:
        page.keyboard.press("0")
        page.get_by_role("heading", name="Nothing is left to ask").or_(page.locator("#answers")).wait_for()
    events = [row["event_id"] for row in labels(desk)]
    assert len(events) == len(set(events)) == desk.progress().today
    assert len(events) >= given


def test_answers_wait_while_the_server_is_away_and_are_sent_once(
    tmp_path: Path, served: Served, window: Window
) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk), forgive="ERR_FAILED")
    page.wait_for_timeout(300)  # until the next questions are there
    cut = {"first": True}

    def lose_the_acknowledgement(route: Any) -> None:
        if cut["first"]:
            cut["first"] = False
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/answer", lose_the_acknowledgement)
    page.keyboard.press("0")
    expect(page.locator("#trouble")).to_contain_text("1 answer waits here")
    assert len(labels(desk)) == 1
    saved(page, 1)
    expect(page.locator("#trouble")).to_be_hidden()
    assert len(labels(desk)) == 1


def test_sound_plays_from_where_the_moment_begins_and_chat_follows_it(
    tmp_path: Path, served: Served, window: Window
) -> None:
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 1, 8_000, 0, "NONE", ""))
        sound.writeframes(b"\x80" * 8_000 * 70)
    medium = Medium("ab" * 8, tmp_path / "sound.wav", "audio/wav", 0, 70_000, has_picture=False)
    page = window(served(desk_in(tmp_path, made=recording((medium,)), blind=True)))
    for number in range(14):
        page.keyboard.press("0")
        saved(page, number + 1)
    begins = 14 * 2 + 6 - 25

    page.wait_for_function(f"() => Math.abs(video.currentTime - {begins}) < 0.2")
    page.keyboard.press("Space")
    page.wait_for_function(f"() => video.currentTime > {begins} + 2.2")
    now = page.locator(".chat li.now")
    expect(now).to_have_count(1)
    assert int(now.get_attribute("data-start") or 0) <= page.evaluate("1000 * video.currentTime")
    page.locator(".strip .seek").last.click()
    page.wait_for_function("() => video.currentTime >= 30")


def test_keys_are_found_on_other_keyboards_too(tmp_path: Path, served: Served, window: Window) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk))
    # French digits without shift, a Cyrillic letter in the place of u, and a French w in the place of z.
    pressed = [("\u00e0", "Digit0", 1), ("\u0433", "KeyU", 2), ("w", "KeyZ", 2), ("1", "Numpad1", 3)]
    for key, code, count in pressed:
        page.evaluate(
            "(keys) => document.body.dispatchEvent(new KeyboardEvent('keydown', keys))",
            {"key": key, "code": code, "bubbles": True},
        )
        saved(page, count)

    assert [row["verdict"] for row in labels(desk)] == ["not_a_reply", "unsure", "reply"]


def test_forms_work_where_scripts_do_not(tmp_path: Path, served: Served, window: Window) -> None:
    desk = desk_in(tmp_path)
    page = window(served(desk), java_script_enabled=False)
    page.get_by_role("button", name="nothing").click()
    assert asked(page) == "message 1"
    page.get_by_role("button", name="take the last answer back").click()
    assert asked(page) == "message 0"
    assert [row["verdict"] for row in labels(desk)] == ["not_a_reply", "unsure"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(tmp_path: Path, served: Served, window: Window, scheme: str) -> None:
    page = window(served(desk_in(tmp_path)), color_scheme=scheme)
    worst = page.evaluate(CONTRAST)

    assert worst["ratio"] >= 4.5, worst


CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => colour.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, place) => sum + v * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const found = getComputedStyle(one).backgroundColor;
      if (found.startsWith("rgb") && (parts(found)[3] ?? 1) === 1) return parts(found);
    }
    return [255, 255, 255];
  };
  let worst = { ratio: 99 };
  for (const node of document.querySelectorAll("main *, header *, footer *, form *")) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest("button:disabled, .unseen")) continue;
    const [one, two] = [light(parts(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (two + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: node.textContent.trim().slice(0, 40) };
  }
  return worst;
}"""
