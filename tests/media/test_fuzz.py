"""A small share of what `just fuzz-media` does at length, and what it has found."""

import wave
from pathlib import Path

import av
import pytest
from click_files import Clicks, write
from dougpt_media import read_audio
from dougpt_media.audio import NoSoundError
from dougpt_media.probe import probe
from fuzz_media import case, fuzz, originals


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    originals(folder)
    return folder


def test_damaged_media_are_read_or_refused(whole_files: Path) -> None:
    failures, endings = fuzz(40, seed=20_000, whole_files=whole_files, workers=1)

    assert failures == []
    assert endings.total() == 40
    assert len(endings) > 3


def test_a_case_is_the_same_for_the_same_numbers(tmp_path: Path) -> None:
    whole = {
        path.name: path.read_bytes()
        for path in [write(tmp_path / "a.wav", Clicks(1, codec="pcm_s16le", picture=False))]
    }

    assert case(3, 1, whole) == case(3, 1, whole) != case(4, 1, whole)


def test_tags_that_are_no_utf8_are_no_obstacle(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", Clicks(2))
    with av.open(str(path)) as source, av.open(str(tmp_path / "titled.mp4"), "w") as out:
        out.metadata["title"] = "Gespraech"
        streams = {stream.index: out.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    content = (tmp_path / "titled.mp4").read_bytes().replace(b"Gespraech", b"Gespr\xe4ch!")
    (tmp_path / "titled.mp4").write_bytes(content)

    assert probe(tmp_path / "titled.mp4").status == "ok"
    assert read_audio(tmp_path / "titled.mp4").end_ms > 1900


def test_a_picture_of_an_unknown_codec_leaves_the_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", Clicks(2))
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_UNKNOWN/OTHER"))

    facts = probe(path)

    assert (facts.width, facts.status) == (None, "ok")
    assert read_audio(path).end_ms > 1900


def test_sound_of_an_unknown_codec_is_an_error_that_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", Clicks(2))
    path.write_bytes(path.read_bytes().replace(b"A_AAC", b"A_ZZZ"))

    with pytest.raises(NoSoundError, match=r"a\.mkv: holds no sound of a codec that can be decoded"):
        read_audio(path)


def test_a_header_that_promises_days_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(b"\1\0" * 32_000)
    content = bytearray(path.read_bytes())
    content[40:44] = (2**32 - 2).to_bytes(4, "little")
    path.write_bytes(content)

    assert read_audio(path).end_ms == 2_000
    content[24:28] = (1).to_bytes(4, "little")  # one sample a second: nine hours
    path.write_bytes(content)
    with pytest.raises(NoSoundError, match="none of its sound can be decoded"):
        read_audio(path)


def test_every_file_that_is_damaged_was_whole(whole_files: Path) -> None:
    assert {path.name: probe(path).evidence for path in whole_files.iterdir() if probe(path).status != "ok"} == {}
