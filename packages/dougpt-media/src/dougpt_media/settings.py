"""What can be chosen when words are recognised or their times refined; importing this loads nothing."""

from dataclasses import dataclass, field
from typing import Literal

AlignerName = Literal["pocketsphinx", "wav2vec2"]
AlignChoice = Literal["auto", "none", "pocketsphinx", "wav2vec2"]
DEVICES = frozenset({"auto", "cpu", "cuda"})


@dataclass(frozen=True, slots=True)
class RefineSettings:
    """How word times are refined by forced alignment; times in milliseconds."""

    aligner: AlignerName = field(
        default="pocketsphinx",
        metadata={"help": "pocketsphinx: English, embedded; wav2vec2: a model of the language, through whisperx."},
    )
    align_model: str | None = field(
        default=None,
        metadata={"help": "wav2vec2: a folder with the model or the name of one; unset takes whisperx's choice."},
    )
    model_cache: str | None = field(
        default=None, metadata={"help": "wav2vec2: the folder for published models, else the hub's own cache."}
    )
    language: str = field(default="en", metadata={"help": "wav2vec2: the language spoken, as its two-letter code."})
    device: str = field(default="auto", metadata={"help": "wav2vec2: auto, cpu or cuda."})
    offline: bool = field(default=False, metadata={"help": "wav2vec2: never ask a network for a model."})
    window_ms: int = field(default=15_000, metadata={"help": "Longest stretch of words aligned at once."})
    break_ms: int = field(default=1_500, metadata={"help": "A pause of this length always ends a stretch."})
    longest_cue_ms: int = field(
        default=40_000, metadata={"help": "A cue without word times is cut within only if it is longer than this."}
    )
    context_ms: int = field(default=1_500, metadata={"help": "Words this near are aligned along, as context."})
    pad_ms: int = field(default=700, metadata={"help": "Sound taken before and after the words of a stretch."})
    max_shift_ms: int = field(default=2_500, metadata={"help": "A word moved further keeps its caption time."})
    max_stray_ms: int = field(
        default=600,
        metadata={"help": "A word with a time of its own that moves so much unlike its neighbours keeps it."},
    )
    min_score: float = field(
        default=-3.8,
        metadata={"help": "pocketsphinx: median log-likelihood a frame below which a stretch says something else."},
    )
    min_probability: float = field(
        default=0.05,
        metadata={"help": "wav2vec2: median probability of a word's letters below which it was not heard."},
    )
    beams: tuple[float, ...] = field(
        default=(1e-48, 1e-100),
        metadata={"help": "pocketsphinx: pruning beams, tried in order until every word is found."},
    )

    def __post_init__(self) -> None:
        _check_device(self.device)
        for name in ("window_ms", "break_ms", "longest_cue_ms", "max_shift_ms", "max_stray_ms"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if not 0 < self.min_probability < 1:
            raise ValueError(f"min_probability must lie between 0 and 1, not {self.min_probability}")
        for name in ("context_ms", "pad_ms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
        if not self.beams or not all(0 < beam < 1 for beam in self.beams):
            raise ValueError(f"beams must lie between 0 and 1 and be at least one, not {self.beams}")


@dataclass(frozen=True, slots=True)
class TranscribeSettings:
    """How speech is recognised; which fields an engine heeds stands in its module."""

    model: str = field(default="large-v3", metadata={"help": "A folder with the model, or a published one's name."})
    model_cache: str | None = field(
        default=None, metadata={"help": "The folder for published models, else the hub's own cache."}
    )
    align: AlignChoice = field(
        default="auto",
        metadata={"help": "Forced alignment after recognition: auto is wav2vec2 for whisperx, none for the others."},
    )
    align_model: str | None = field(
        default=None, metadata={"help": "wav2vec2: a folder with the model, or the name of one."}
    )
    language: str = field(default="en", metadata={"help": "The language spoken, as its two-letter code."})
    device: str = field(default="auto", metadata={"help": "Auto, cpu or cuda."})
    compute_type: str = field(default="default", metadata={"help": "Number format of the weights, such as int8."})
    batch_size: int = field(
        default=8, metadata={"help": "Pieces of sound recognised at once, halved where memory runs out."}
    )
    beam_size: int = field(default=5, metadata={"help": "Hypotheses kept while decoding."})
    offline: bool = field(default=False, metadata={"help": "Never ask a network for a model."})
    chunk_s: float = field(
        default=300.0, metadata={"help": "Seconds after which work is kept, so that a killed run resumes there."}
    )
    max_compression: float = field(
        default=2.4, metadata={"help": "Text that compresses better than this is a loop: heard again, with fallback."}
    )
    min_logprob: float = field(
        default=-1.0, metadata={"help": "A piece of lower mean log-probability is heard again, with fallback."}
    )
    max_letters_per_s: float = field(
        default=35.0, metadata={"help": "More letters than this in a second of speech are heard again, with fallback."}
    )

    def __post_init__(self) -> None:
        _check_device(self.device)
        if not self.model or not self.language:
            raise ValueError("model and language must not be empty")
        for name in ("batch_size", "beam_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("chunk_s", "max_compression", "max_letters_per_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class DiariseSettings:
    """How speakers are told apart, and which of them is the streamer; times in milliseconds."""

    pipeline: str = field(
        default="pyannote/speaker-diarization-community-1",
        metadata={"help": "A folder with a pyannote pipeline (its config.yaml), or a published one's name."},
    )
    device: str = field(default="auto", metadata={"help": "Auto, cpu or cuda."})
    offline: bool = field(default=False, metadata={"help": "Never ask a network for a model."})
    speakers: int | None = field(default=None, metadata={"help": "How many people speak, where that is known."})
    most_speakers: int | None = field(default=None, metadata={"help": "How many people speak at most."})
    nearest_ms: int = field(
        default=500, metadata={"help": "A word outside every turn is given to the nearest one within this."}
    )
    streamer_sample: str | None = field(
        default=None, metadata={"help": "A sound file in which only the streamer speaks, by which he is known."}
    )
    streamer_at: tuple[tuple[int, int], ...] = field(
        default=(), metadata={"help": "Stretches [from, to] of the recording in which the streamer speaks."}
    )

    def __post_init__(self) -> None:
        _check_device(self.device)
        if not self.pipeline:
            raise ValueError("pipeline must not be empty")
        for name in ("speakers", "most_speakers"):
            if (asked := getattr(self, name)) is not None and asked < 1:
                raise ValueError(f"{name} must be at least 1, not {asked}")
        if self.nearest_ms < 0:
            raise ValueError(f"nearest_ms must not be negative, not {self.nearest_ms}")
        if not all(0 <= from_ms < to_ms for from_ms, to_ms in self.streamer_at):
            raise ValueError(f"streamer_at must hold stretches of positive length, not {self.streamer_at}")
        if self.streamer_at and self.streamer_sample:
            raise ValueError("streamer_at and streamer_sample exclude each other")


@dataclass(frozen=True, slots=True)
class DownloadSettings:
    """What `download` fetches of a video."""

    height: int = field(
        default=720,
        metadata={"help": "Lines of the picture: the best up to it, else the smallest above; 0 fetches sound alone."},
    )
    captions: tuple[str, ...] = field(
        default=("en", "en-orig", "en-[A-Z]{2}"),
        metadata={"help": "Languages of the captions to fetch, as regular expressions; none fetches no captions."},
    )
    chat: bool = field(default=True, metadata={"help": "Fetch the chat too where yt-dlp can: that is YouTube's."})
    most: int = field(
        default=10, metadata={"help": "Videos of a playlist or channel to fetch at most: the first ones."}
    )
    cookies: str | None = field(
        default=None, metadata={"help": "A file of cookies in Netscape's format, for videos that ask who you are."}
    )

    def __post_init__(self) -> None:
        if self.height < 0:
            raise ValueError(f"height must not be negative, not {self.height}")
        if self.most < 1:
            raise ValueError(f"most must be at least 1, not {self.most}")


def _check_device(device: str) -> None:
    if device not in DEVICES:
        raise ValueError(f"device must be auto, cpu or cuda, not {device!r}")
