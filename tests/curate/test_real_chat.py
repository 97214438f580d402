"""One real chat, without speech: every message is set to answer a made-up turn of its minute."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dougpt_curate import curate

TURN_MS = 20_000


@pytest.fixture(scope="module")
def chat(real_data: Path, make_dialogue: Callable[..., Any]) -> Any:
    """The messages of a highlight as answers, an answered turn every twenty seconds."""
    path = real_data / "chat" / "twitch-v5-highlight.json"
    if not path.is_file():
        pytest.skip(f"no {path.name} among the real data")
    comments = json.loads(path.read_text(encoding="utf-8"))["comments"]
    answers: list[list[dict[str, Any]]] = [[] for _ in range(200)]
    for row, comment in enumerate(comments):
        emotes, at = [], 0
        for fragment in comment["message"].get("fragments", []):
            length = len(fragment["text"])
            if "emoticon" in fragment:
                emotes.append({"name": fragment["text"], "id": None, "start": at, "end": at + length})
            at += length
        author = comment["commenter"]["_id"]
        place = int(comment["content_offset_seconds"]) * 1000 // TURN_MS
        answers[place].append(
            {"text": comment["message"]["body"], "emotes": emotes, "author": author, "source_row": row}
        )
    return make_dialogue(["so what do we do now"] * len(answers), answers)


def test_real_chat_is_mostly_kept_and_every_message_accounted_for(chat: Any) -> None:
    report = curate(*chat.tables, holdout={"r": "train"}).report

    replies = report.replies
    assert replies["accepted"] == 3090
    assert replies["kept"] + replies["merged"] > 2900
    assert set(replies["rejected"]) == {"command", "offensive", "reply_to_chatter"}


def test_real_chat_has_the_styles_that_one_sees_in_it(chat: Any) -> None:
    styles = curate(*chat.tables, holdout={"r": "train"}).report.styles

    assert 0.15 < styles["emote"]["natural"] < 0.35
    assert styles["plain"]["natural"] > 0.5
    assert styles["spam"]["natural"] < 0.02
    assert styles["emote"]["balanced"] < styles["emote"]["natural"]
