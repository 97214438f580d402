"""A pyannote pipeline made on the spot, in the shape of the published one, to which every speaker is a tone.

Its segmentation model hears which of three tones sound in each frame of 10 ms, its embedding model is how loud each
of them is: small enough to be exact, and driven by the real library from a folder like any other. `make_random`
writes the classes of the published models with random weights.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pyannote.audio.core.model import Model
from pyannote.audio.core.task import Problem, Resolution, Specifications

TONES_HZ = (440.0, 880.0, 1320.0)
RATE_HZ, HOP, WINDOW = 16_000, 160, 800
LOUD = 0.02
CONFIG = """\
dependencies: {{pyannote.audio: 4.0.0}}
pipeline:
  name: pyannote.audio.pipelines.SpeakerDiarization
  params:
    clustering: {clustering}
    segmentation: $model/segmentation
    segmentation_batch_size: 8
    embedding: $model/embedding
    embedding_batch_size: 8
    embedding_exclude_overlap: true
{plda}
params:
  clustering: {parameters}
  segmentation: {{min_duration_off: 0.0}}
"""
VBX = {
    "clustering": "VBxClustering",
    "plda": "    plda: $model/plda",
    "parameters": "{threshold: 0.6, Fa: 0.07, Fb: 0.8}",
}
# As in published pipelines of before: no PLDA is named, since none is used.
AGGLOMERATIVE = {
    "clustering": "AgglomerativeClustering",
    "plda": "",
    "parameters": "{method: centroid, min_cluster_size: 1, threshold: 0.7}",
}
SEGMENTS = Specifications(
    problem=Problem.MONO_LABEL_CLASSIFICATION,
    resolution=Resolution.FRAME,
    duration=4.0,
    classes=["one", "two", "three"],
    powerset_max_classes=2,
    permutation_invariant=True,
)
VOICES = Specifications(problem=Problem.REPRESENTATION, resolution=Resolution.CHUNK, duration=4.0, classes=None)
POWERSET = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2))


class Tones(Model):
    """How loud each tone is in each frame."""

    def __init__(self, sample_rate: int = RATE_HZ, num_channels: int = 1, task: Any = None) -> None:
        super().__init__(sample_rate=sample_rate, num_channels=num_channels, task=task)
        t = torch.arange(WINDOW) / RATE_HZ
        waves = [wave(2 * torch.pi * hz * t) for hz in TONES_HZ for wave in (torch.sin, torch.cos)]
        self.register_buffer("waves", torch.stack(waves)[:, None] / WINDOW)

    def num_frames(self, num_samples: int) -> int:
        return 1 + (num_samples - WINDOW) // HOP

    def receptive_field_size(self, num_frames: int = 1) -> int:
        return WINDOW + (num_frames - 1) * HOP

    def receptive_field_center(self, frame: int = 0) -> int:
        return WINDOW // 2 + frame * HOP

    def loudness(self, waveforms: torch.Tensor) -> torch.Tensor:
        found = torch.nn.functional.conv1d(waveforms, self.waves, stride=HOP)
        return found.unflatten(1, (len(TONES_HZ), 2)).norm(dim=2)


class ToneSegmentation(Tones):
    """Which tones sound in each frame, as logarithms of the probability of each set of them."""

    @property
    def dimension(self) -> int:
        return len(POWERSET)

    def forward(self, waveforms: torch.Tensor) -> torch.Tensor:
        sounding = self.loudness(waveforms) > LOUD
        sets = torch.tensor([[tone in one for tone in range(len(TONES_HZ))] for one in POWERSET])
        matches = (sounding.transpose(1, 2)[:, :, None] == sets).all(dim=-1)
        return torch.log(torch.where(matches, 0.97, 0.005))


class ToneEmbedding(Tones):
    """How loud each tone is on the whole, by weight of the frames."""

    @property
    def dimension(self) -> int:
        return len(TONES_HZ)

    def forward(self, waveforms: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        loudness = self.loudness(waveforms)
        if weights is None:
            return loudness.mean(dim=-1)
        weights = torch.nn.functional.interpolate(weights[:, None], size=loudness.shape[-1])
        return (loudness * weights).sum(dim=-1) / weights.sum(dim=-1)


def make_tones(folder: Path, clustering: dict[str, str] = VBX) -> Path:
    """Write the pipeline of tones; returns its folder."""
    sys.modules.setdefault("tone_diarisation", sys.modules[__name__])
    for kind in (ToneSegmentation, ToneEmbedding):
        kind.__module__ = "tone_diarisation"  # by which name the library loads it again
    save(ToneSegmentation(), SEGMENTS, folder / "segmentation")
    save(ToneEmbedding(), VOICES, folder / "embedding")
    return _finish(folder, clustering, dimension=len(TONES_HZ))


def make_random(folder: Path) -> Path:
    """Write a pipeline of the published classes, small and with random weights; returns its folder."""
    from pyannote.audio.models.embedding import XVectorMFCC
    from pyannote.audio.models.segmentation import PyanNet

    torch.manual_seed(0)
    small = {"hidden_size": 8, "num_layers": 1}
    save(PyanNet(lstm=small, linear=small), SEGMENTS, folder / "segmentation")
    save(XVectorMFCC(dimension=8), VOICES, folder / "embedding")
    return _finish(folder, VBX, dimension=8)


def save(model: Model, specifications: Specifications, folder: Path) -> None:
    """Write a model as the library's trainer does."""
    model.specifications = specifications
    model.setup()
    checkpoint = {"state_dict": model.state_dict(), "hyper_parameters": dict(model.hparams)}
    checkpoint |= {"pytorch-lightning_version": "2.5.0", "epoch": 0, "global_step": 0}
    model.on_save_checkpoint(checkpoint)
    folder.mkdir(parents=True)
    torch.save(checkpoint, folder / "pytorch_model.bin")


def _finish(folder: Path, clustering: dict[str, str], dimension: int) -> Path:
    (folder / "config.yaml").write_text(CONFIG.format(**clustering))
    (folder / "plda").mkdir()
    zero, same = np.zeros(dimension), np.eye(dimension)
    np.savez(folder / "plda" / "xvec_transform.npz", mean1=zero, mean2=zero, lda=same)
    np.savez(folder / "plda" / "plda.npz", mu=zero, tr=10 * same, psi=np.linspace(9, 10, dimension))
    return folder
