"""Decoded sound lies on disk, is gone when nobody looks at it, and a full disk says so."""

import gc
import mmap
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from click_files import Clicks, write
from dougpt_media import read_audio
from dougpt_media.pcm import NoRoomError, PcmFile
from hypothesis import given
from hypothesis import strategies as st


@given(parts=st.lists(st.one_of(st.integers(1, 5_000), st.lists(st.integers(-32768, 32767), min_size=1)), min_size=1))
def test_what_was_written_and_skipped_is_read_back(parts: list[int | list[int]]) -> None:
    expected: list[int] = []
    with PcmFile() as pcm:
        for part in parts:
            if isinstance(part, int):
                pcm.skip(part)
                expected += [0] * part
            else:
                pcm.write(np.array(part, np.int16))
                expected += part
        samples = pcm.mapped()

    assert samples.dtype == np.int16
    assert samples.tolist() == expected


def test_samples_live_in_a_file_that_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    audio = read_audio(write(tmp_path / "a.wav", Clicks(2, codec="pcm_s16le", picture=False)))

    assert isinstance(audio.samples.base, mmap.mmap)
    assert list((tmp_path / "scratch").iterdir()) == []
    assert audio.between(500, 600).any()


def test_a_process_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    script = (
        "import os, numpy; from dougpt_media.pcm import PcmFile\n"
        "file = PcmFile(); file.write(numpy.ones(99, 'i2')); os._exit(9)"
    )

    done = subprocess.run([sys.executable, "-c", script], env={"TMPDIR": str(tmp_path)}, check=False)

    assert done.returncode == 9
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_kept_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    source = write(tmp_path / "a.wav", Clicks(2, codec="pcm_s16le", picture=False))

    audio = read_audio(source, pcm_path=tmp_path / "kept.pcm")

    assert (tmp_path / "kept.pcm").read_bytes() == audio.samples.tobytes()
    with PcmFile(tmp_path / "broken.pcm") as pcm:
        pcm.write(np.ones(9, np.int16))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "kept.pcm"]


def test_a_full_disk_is_an_error_that_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    source = write(tmp_path / "a.wav", Clicks(2, codec="pcm_s16le", picture=False))
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("wb", buffering=0))  # noqa: SIM115

    with pytest.raises(NoRoomError, match=r"no room for decoded sound.*TMPDIR"):
        read_audio(source)


def test_windows_of_floats_are_the_whole_in_pieces_and_the_file_lives_as_long_as_an_array_of_it(tmp_path: Path) -> None:
    audio = read_audio(write(tmp_path / "a.wav", Clicks(3, codec="pcm_s16le", picture=False)))

    windows = [audio.floats_between(at_ms, at_ms + 700) for at_ms in range(0, 3_000, 700)]

    assert all(window.dtype == np.float32 for window in windows)
    assert np.array_equal(np.concatenate(windows), audio.as_float())
    assert np.array_equal(audio.as_float(), audio.samples.astype(np.float32) / 32768)
    samples = audio.samples
    del audio
    gc.collect()
    assert samples.any()
