"""A file that was cut off, anywhere, gives every complete message and says so, or is refused where that is wanted."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dougpt_chat import (
    ChatRead,
    TruncatedExportError,
    UnknownFormatError,
    UnreadableExportError,
    read_chat,
)
from dougpt_schema import DougptError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
IMAGE = {"thirdParty": [{"id": "1", "data": "QUJD" * 1000, "name": "catJAM"}]}
TRICKY = ['}, {"_id":"x","created_at":"', "]}", 'quote " and \\', "é👍", ',"comments":[', "/* no", "// no"]
END_OF_RECORD = b'"emoticons":[]}}'


def whole_records(text: bytes) -> int:
    return text.count(END_OF_RECORD)


@pytest.fixture(scope="module")
def text(say: Callable[..., object], document: Callable[..., bytes]) -> bytes:
    messages = [
        say(((word, None), (" ", None), ("Kappa", "25")), at_ms=700 * n, id=f"m-{n}") for n, word in enumerate(TRICKY)
    ]
    return document(messages, embedded=IMAGE)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(share=st.floats(0, 1, exclude_max=True), data=st.data())
def test_every_complete_message_before_a_cut_is_kept(
    share: float, data: st.DataObject, text: bytes, saved: Callable[[bytes], Path]
) -> None:
    at = int(share * len(text))
    found = read_chat_cut(saved(text[:at]))
    if found is None:
        assert at == 0
        return

    assert found.report.truncated
    assert "the file is cut off at byte" in found.report.warnings[0]
    assert found.report.counts.messages == whole_records(text[:at])
    assert found.events["text"].to_pylist() == [f"{word} Kappa" for word in TRICKY[: found.events.num_rows]]


def read_chat_cut(path: Path) -> ChatRead | None:
    try:
        return read_chat(path, recording_id=RECORDING, format="twitchdownloader", source_id="s")
    except UnreadableExportError:
        return None


@settings(deadline=None, max_examples=60)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_is_refused_where_that_is_wanted(share: float, text: bytes, saved: Callable[[bytes], Path]) -> None:
    at = int(share * (len(text) - 1))
    path = saved(text[:at])

    with pytest.raises(DougptError) as caught:
        read_chat(path, recording_id=RECORDING, allow_truncated=False)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    if at > 300:
        assert isinstance(caught.value, TruncatedExportError)
        assert caught.value.complete == whole_records(text[:at])
        assert caught.value.at_byte <= at
        assert f"after {caught.value.complete} complete messages" in str(caught.value)
        assert "chat.allow_truncated" in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(share=st.floats(0.02, 1, exclude_max=True))
def test_a_cut_gzip_file_gives_what_can_be_unpacked(share: float, text: bytes, saved: Callable[[bytes], Path]) -> None:
    packed = gzip.compress(text, mtime=0)
    at = int(share * len(packed))
    path = saved(packed[:at])

    try:
        found = read_chat(path, recording_id=RECORDING, format="twitchdownloader")
    except UnreadableExportError:
        assert at < 100
        return

    assert found.report.counts.messages <= 7
    assert found.report.truncated or "broken_compression_behind_the_end" in found.report.repairs


def test_a_gzip_file_broken_in_the_middle_keeps_what_stands_before(
    say: Callable[..., object], document: Callable[..., bytes], saved: Callable[[bytes], Path]
) -> None:
    words = [f"{n * 7919 % 10007} {n}" for n in range(3000)]
    text = document([say(((word, None),), at_ms=n * 1000, id=f"m-{n}") for n, word in enumerate(words)])
    packed = gzip.compress(text, mtime=0)
    half = len(packed) // 2

    found = read_chat(saved(packed[:half] + b"\xff" * half), recording_id=RECORDING)

    assert found.events["text"].to_pylist()[:1000] == words[:1000]
    assert found.report.truncated


@pytest.mark.parametrize("content", [b"", b"   \n", b"\0\0", gzip.compress(b"", mtime=0)])
def test_a_file_of_nothing_is_called_empty(content: bytes, saved: Callable[[bytes], Path]) -> None:
    with pytest.raises(UnreadableExportError, match="the file is empty"):
        read_chat(saved(content), recording_id=RECORDING)


def test_a_missing_file_and_a_folder_are_named_with_the_cause(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExportError, match=r"no\.json: cannot be read: No such file"):
        read_chat(tmp_path / "no.json", recording_id=RECORDING)
    with pytest.raises(UnreadableExportError, match="cannot be read: Is a directory"):
        read_chat(tmp_path, recording_id=RECORDING)


def test_an_unknown_file_says_what_was_tried_and_why_it_was_refused(saved: Callable[[bytes], Path]) -> None:
    for content in (
        b"hello there",
        b"\x00\x00\x00\x20ftypisom",
        b"[1, 2]",
        json.dumps({"a": {"comments": []}}).encode(),
    ):
        with pytest.raises(UnknownFormatError) as caught:
            read_chat(saved(content), recording_id=RECORDING)

        assert list(caught.value.refusals)[:2] == ["twitchdownloader", "twitch_v5"]
        assert all(caught.value.refusals.values())
        assert "twitch_v5: " in str(caught.value)


def test_an_unknown_format_name_is_a_misuse(saved: Callable[[bytes], Path]) -> None:
    with pytest.raises(ValueError, match="there are auto, twitchdownloader"):
        read_chat(saved(b"{}"), recording_id=RECORDING, format="nonsense")


def test_a_whole_document_of_another_shape_is_refused(saved: Callable[[bytes], Path]) -> None:
    with pytest.raises(DougptError, match="the document has no comments array"):
        read_chat(saved(b'{"FileInfo": {}, "video": {}}'), recording_id=RECORDING)
