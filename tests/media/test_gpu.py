"""Who asks for a GPU that is not there is told before any work, and before torch is loaded."""

from collections.abc import Callable

import numpy as np
import pytest
from dougpt_media import Audio, DiariseSettings, RefineSettings, TranscribeSettings, diarise, refine
from dougpt_media.gpu import NoGpuError
from dougpt_media.report import Report
from dougpt_media.transcription.running import Run
from dougpt_schema import WORDS

SECOND = Audio(np.zeros(16_000, np.int16), 16_000, 0, (), Report("read_audio"))


def check_alignment_after_recognition() -> None:
    engine = pytest.importorskip("dougpt_media.transcription.pocketsphinx").Pocketsphinx()
    Run(engine, TranscribeSettings(align="wav2vec2", device="cuda")).check()


@pytest.mark.parametrize(
    "ask",
    [
        lambda: refine(WORDS.empty(), SECOND, RefineSettings(aligner="wav2vec2", device="cuda")),
        lambda: diarise(WORDS.empty(), SECOND, DiariseSettings(device="cuda")),
        check_alignment_after_recognition,
    ],
)
def test_a_gpu_that_is_not_there_is_refused_at_once(ask: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dougpt_media.gpu.has_gpu", lambda: False)

    with pytest.raises(NoGpuError, match="no GPU is found here: take cpu, or auto"):
        ask()
