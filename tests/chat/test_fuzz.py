"""A small share of what `just fuzz-chat` does at length, and what it has found."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_exports import EXPORTS, START, chat
from dougpt_chat import read_chat
from dougpt_chat.formats import FORMATS
from dougpt_chat.formats.message import ParseNotes
from dougpt_chat.opening import ExportBytes
from fuzz_exports import SLOWEST_S, case, damaged, fuzz, originals, smaller

RECORDING = "0123456789abcdef"


def test_damaged_chats_of_every_format_are_read_or_refused() -> None:
    failures, endings = fuzz(300, seed=20_000, real=None)

    assert not failures
    assert endings["read"] > 150


def test_a_case_is_the_same_whenever_it_is_made() -> None:
    whole = originals(None)

    assert [case(number, 3, whole) for number in range(20)] == [case(number, 3, whole) for number in range(20)]
    assert damaged(random.Random(1), b"x" * 100, whole) == damaged(random.Random(1), b"x" * 100, whole)  # noqa: S311


def test_a_failing_input_is_made_as_small_as_it_can_be() -> None:
    assert smaller(b"abc{def}ghi" * 9, lambda text: b"{" in text and b"}" in text) == b"{}"


@pytest.mark.parametrize(
    "content",
    [
        # A carriage return outside of quotation marks, and marks that close and open again at line ends.
        b"video_offset_time_msec,user,message,\rL\n1,x,\r,x\n",
        b'time_in_seconds,message\n"""\n""\n?\n1\n' + b"a\n" * 80,
    ],
)
def test_what_the_fuzzer_found_is_mended(content: bytes, saved: Callable[[bytes], Path]) -> None:
    report = read_chat(saved(content), recording_id=RECORDING, broadcast_start=START, allow_truncated=True).report

    assert report.counts.messages > 0


@pytest.mark.parametrize("name", ["twitchdownloader", "cd_json", "live_chat", "recent_messages", "html"])
@pytest.mark.parametrize("endless", [b"/*a", b'\\"', b'a,"', b'<pre class="comment-root"', b"<![", b"{"])
def test_what_never_ends_takes_no_more_time_than_it_is_long(
    name: str, endless: bytes, saved: Callable[[bytes], Path]
) -> None:
    export = EXPORTS[name]
    content = export.write(chat(3))
    at = content.find(b"hello") + 3
    path = saved(content[:at] + endless * (200_000 // len(endless)) + content[at:])

    began = time.process_time()
    for _ in FORMATS[export.format].parse(ExportBytes(path), ParseNotes()):
        pass

    # Looking anew from every place to the end took minutes.
    assert time.process_time() - began < SLOWEST_S


@pytest.mark.parametrize("name", EXPORTS)
def test_bytes_of_another_file_in_the_middle_cost_little(name: str, saved: Callable[[bytes], Path]) -> None:
    content = EXPORTS[name].write(chat(30))
    if name in {"parquet", "old_html"}:
        pytest.skip("not a text of bytes")
    half = content.rfind(b"\n", 0, len(content) // 2) + 1 or content.find(b',{"', len(content) // 2) + 1
    hurt = content[:half] + b"\x00\xff, \x01garbage" + content[half:]

    report = read_chat(
        saved(hurt), recording_id=RECORDING, broadcast_start=START, format=EXPORTS[name].format, allow_truncated=True
    ).report

    assert report.counts.events >= 27
