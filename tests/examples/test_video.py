"""The video plays, and its sound is the speech whose word times the truth holds."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

av = pytest.importorskip("av", reason="needs PyAV")
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def sound(examples: Path) -> NDArray[np.float32]:
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    with av.open(examples / "recordings/desk-stream/video.mp4") as container:
        assert container.streams.audio[0].start_time == 0
        pieces = [piece.to_ndarray()[0] for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
    return np.concatenate(pieces)


def test_the_video_has_pictures_and_sound_of_one_length(examples: Path) -> None:
    with av.open(examples / "recordings/desk-stream/video.mp4") as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height) == (640, 360)
        assert 60 <= container.duration / 1e6 <= 90
        assert abs(float(video.duration * video.time_base - audio.duration * audio.time_base)) < 0.2


def test_it_is_loud_where_words_are_and_quiet_where_none_is(
    sound: NDArray[np.float32], words: list[dict[str, str]]
) -> None:
    spoken = np.zeros(len(sound), bool)
    for word in words:
        spoken[int(word["start_ms"]) * RATE_HZ // 1000 : int(word["end_ms"]) * RATE_HZ // 1000] = True
    ratio_db = 10 * np.log10(np.mean(sound[spoken] ** 2) / np.mean(sound[~spoken] ** 2))

    assert 11 < ratio_db < 18


def test_sentences_begin_when_the_truth_says(sound: NDArray[np.float32], words: list[dict[str, str]]) -> None:
    """The loudness rises at the first word of each line within 60 ms of its time."""
    window = RATE_HZ // 100
    loudness_T = np.sqrt(np.mean(np.square(sound[: len(sound) // window * window]).reshape(-1, window), axis=1))
    rises = []
    for line in sorted({word["line"] for word in words}, key=int):
        first = next(word for word in words if word["line"] == line)
        at = int(first["start_ms"]) // 10
        before, after = loudness_T[at - 16 : at - 6].mean(), loudness_T[at + 2 : at + 14].mean()
        rises.append(after / before)

    assert np.median(rises) > 2.5


def test_the_chat_panel_changes_only_at_ticks_of_a_fifth_of_a_second(examples: Path) -> None:
    with av.open(examples / "recordings/desk-stream/video.mp4") as container:
        panels = [
            frame.to_ndarray(format="gray")[:, 436:].astype(int)
            for frame, _ in zip(container.decode(video=0), range(400), strict=False)
        ]
    changed = [number for number in range(1, len(panels)) if np.abs(panels[number] - panels[number - 1]).max() > 90]

    assert len(changed) > 8
    assert all(number % 2 == 0 for number in changed)
