"""Exact decoding gives the same bits on every CPU, the same sound as the fast one, and is refused where it cannot."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click_files import Clicks, click_times, write
from dougpt_media import read_audio
from dougpt_media.decoding import InexactCodecError

LOWEST, ALL = 0, -1  # what FFmpeg may use of the CPU: nothing special, or everything


@pytest.mark.parametrize(
    ("name", "clicks"),
    [
        ("a.mp4", Clicks(3)),
        ("late.mp4", Clicks(3, sound_from_s=0.7)),
        ("edit.mp4", Clicks(3, hidden_s=1.2)),
        ("a.mp3", Clicks(3, codec="libmp3lame", picture=False)),
        ("a.flac", Clicks(3, codec="flac", picture=False)),
    ],
)
def test_exact_sound_is_the_same_sound_in_the_same_place(name: str, clicks: Clicks, tmp_path: Path) -> None:
    path = write(tmp_path / name, clicks)

    exact, fast = read_audio(path, exact=True), read_audio(path)

    assert click_times(exact.samples, 16_000) == pytest.approx(clicks.times_s, abs=0.001)
    assert len(exact.samples) == len(fast.samples)
    difference = exact.samples.astype(np.int32) - fast.samples
    assert np.abs(difference).max() <= 4
    assert exact.report.facts["decoder"] == exact.timeline.decoder


@pytest.mark.parametrize("codec", ["libopus", "pcm_f32le"])
def test_codecs_without_an_exact_decoder_are_refused(codec: str, tmp_path: Path) -> None:
    path = write(tmp_path / "a.mka", Clicks(2, codec=codec, picture=False), container="matroska")

    with pytest.raises(InexactCodecError, match=r"a\.mka: .* cannot be decoded to the same bits on every CPU"):
        read_audio(path, exact=True)


def test_exact_sound_has_the_same_bits_when_the_cpu_offers_less(tmp_path: Path) -> None:
    path = write(tmp_path / "a.m4a", Clicks(3, picture=False, layout="stereo", noise=0.1))

    assert _hash_on(LOWEST, path, exact=True) == hashlib.sha256(read_audio(path, exact=True).samples).hexdigest()
    assert _hash_on(LOWEST, path, exact=False) != _hash_on(ALL, path, exact=False)


def _hash_on(flags: int, path: Path, *, exact: bool) -> str:
    script = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); from click_files import force_cpu\n"
        "from dougpt_media import read_audio; import dougpt_media.audio; force_cpu(int(sys.argv[2]))\n"
        "print(hashlib.sha256(read_audio(sys.argv[3], exact=sys.argv[4] == 'True').samples).hexdigest())"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent), str(flags), str(path), str(exact)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
