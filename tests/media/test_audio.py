"""Sound stands where its presentation time puts it, whatever the container and whatever is missing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dougpt_media import Audio, read_audio
from dougpt_media.audio import NoSoundError
from dougpt_media.demux import UnreadableMediaError

ClickTimes = Callable[[Audio], list[float]]
NEAR_S = 0.025  # an AAC frame at 48 kHz: containers without edit lists keep its priming


@pytest.mark.parametrize("name", ["late.mp4", "late.mkv", "late.ts"])
def test_sound_that_starts_late_has_a_gap_before_it(name: str, make_clicks: Callable[..., Path]) -> None:
    audio = read_audio(make_clicks(name, 3.0, sound_from_s=1.478))

    assert audio.gaps[0].from_ms == 0
    assert audio.gaps[0].to_ms == pytest.approx(1478, abs=25)


@pytest.mark.parametrize("name", ["lost.mp4", "lost.mkv", "lost.ts"])
def test_lost_sound_is_silence_and_what_follows_stays_in_sync(
    name: str, make_clicks: Callable[..., Path], click_times: ClickTimes
) -> None:
    audio = read_audio(make_clicks(name, 8.0, lost_s=(2.0, 5.0)))

    assert click_times(audio) == pytest.approx([0.5, 1.5, 5.5, 6.5, 7.5], abs=NEAR_S)
    assert [gap.cause for gap in audio.gaps] == ["no_signal"]
    assert audio.gaps[0].to_ms - audio.gaps[0].from_ms == pytest.approx(3000, abs=50)


def test_sound_that_ends_before_the_picture_leaves_a_gap(make_clicks: Callable[..., Path]) -> None:
    audio = read_audio(make_clicks("short.mkv", 8.0, lost_s=(5.0, 9.0)))

    assert [(gap.cause, round(gap.to_ms / 1000)) for gap in audio.gaps] == [("no_signal", 8)]


def test_an_untouched_recording_has_no_gaps_and_its_full_length(
    make_clicks: Callable[..., Path], click_times: ClickTimes
) -> None:
    audio = read_audio(make_clicks("whole.wav", 5.0, picture=False, codec="pcm_s16le"))

    assert audio.gaps == ()
    assert audio.end_ms == 5000
    assert audio.samples.dtype == np.int16
    assert click_times(audio) == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5], abs=0.001)


def test_a_leap_of_the_time_stamps_without_a_picture_is_taken_out_and_reported(
    make_clicks: Callable[..., Path], click_times: ClickTimes
) -> None:
    path = make_clicks("leap.mka", 71.0, lost_s=(5.0, 68.0), picture=False, container="matroska")

    audio = read_audio(path)

    assert click_times(audio)[:6] == pytest.approx([0.5, 1.5, 2.5, 3.5, 4.5, 5.5], abs=NEAR_S)
    assert audio.report.counts["jumps"] == 1
    assert "jump" in audio.report.warnings[0]


def test_a_long_loss_of_sound_under_a_picture_that_goes_on_is_real(
    make_clicks: Callable[..., Path], click_times: ClickTimes
) -> None:
    audio = read_audio(make_clicks("real.mkv", 71.0, lost_s=(5.0, 68.0)))

    assert click_times(audio)[-1] == pytest.approx(70.5, abs=NEAR_S)
    assert audio.report.counts["jumps"] == 0


def test_long_digital_silence_is_reported_as_muted(tmp_path: Path) -> None:
    import wave

    samples = np.random.default_rng(0).integers(-999, 999, 16_000 * 36).astype(np.int16)
    samples[16_000 * 2 : 16_000 * 34] = 0
    with wave.open(str(tmp_path / "muted.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(samples.tobytes())

    gaps = read_audio(tmp_path / "muted.wav").gaps_table("r").to_pylist()

    assert gaps == [{"recording_id": "r", "from_ms": 2_000, "to_ms": 34_000, "cause": "muted"}]


def test_reading_twice_gives_the_same_samples(make_clicks: Callable[..., Path]) -> None:
    path = make_clicks("twice.mp4", 3.0)

    assert read_audio(path).samples.tobytes() == read_audio(path).samples.tobytes()


def test_a_picture_without_sound_is_its_own_error(tmp_path: Path, make_clicks: Callable[..., Path]) -> None:
    import av

    source = make_clicks("both.mkv", 2.0)
    silent = tmp_path / "silent.mkv"
    with av.open(str(source)) as container, av.open(str(silent), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(container.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)

    with pytest.raises(NoSoundError, match=r"silent\.mkv: holds no sound"):
        read_audio(silent)


@pytest.mark.parametrize("name", [f"{'long' * 99}.mp4", "talk.txt/talk.mp4"])
def test_a_path_that_cannot_be_looked_at_is_an_error_that_says_why(tmp_path: Path, name: str) -> None:
    (tmp_path / "talk.txt").write_text("no folder")

    with pytest.raises(UnreadableMediaError, match=r"\.mp4: cannot be read \((File name too long|Not a directory)\)"):
        read_audio(tmp_path / name)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, "no such file"),
        (b"", "the file is empty"),
        (b"these are words, no sound\n" * 99, "no sound or video"),
    ],
)
def test_what_is_no_media_is_an_error_that_names_it(tmp_path: Path, content: bytes | None, cause: str) -> None:
    path = tmp_path / "talk.mp4"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(UnreadableMediaError, match=rf"talk\.mp4: .*{cause}"):
        read_audio(path)
