"""All settings of a workspace as one typed model: the libraries' own settings, and the few that are the app's.

`dougpt init` writes every one of them into dougpt.toml, commented out at its default.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dougpt_align.settings import AlignSettings
from dougpt_chat.settings import ChatSettings, RenderedSettings
from dougpt_curate.settings import CurateSettings
from dougpt_eval.settings import EvaluateSettings, GateSettings
from dougpt_media.settings import DiariseSettings, DownloadSettings, RefineSettings, TranscribeSettings
from dougpt_schema import atomic_write
from dougpt_train.settings import TrainSettings

from dougpt.binding import Binder, SettingsError, document
from dougpt.toml_text import read_toml

Engine = Literal["auto", "whisperx", "faster_whisper", "pocketsphinx"]
TextEngine = Literal["rapidocr", "rapidocr-openvino", "rapidocr-onnxruntime", "paddleocr"]

HEADER = """\
# Settings of a dougpt workspace. Every setting is shown at its default, commented out; remove the '# ' in front
# of one to change it. Unknown names are refused. What a change makes stale: dougpt status
"""


@dataclass(frozen=True, slots=True)
class SpeechSettings:
    """How the words of a recording are found."""

    engine: Engine = field(
        default="auto",
        metadata={
            "help": "Speech recognition where there are no captions: 'auto' takes whisperx where it is installed, else "
            "faster_whisper, else pocketsphinx, of whose words 50 to 70 % are wrong."
        },
    )
    refine_captions: bool = field(
        default=True,
        metadata={"help": "Give the words of captions their times by forced alignment where there is audio too."},
    )
    use_captions: bool = field(
        default=True,
        metadata={"help": "Take the words of captions where there are any; false recognises the speech instead."},
    )
    diarise: bool = field(
        default=False,
        metadata={"help": "Tell speakers apart (see [diarise]); otherwise all words count as one speaker's."},
    )


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """Whether and where chat is read from the picture of a video."""

    from_video: bool = field(
        default=False,
        metadata={
            "help": "Read chat from the picture of recordings that have a video; where there is an export too, what is "
            "read only tells when its messages were on screen."
        },
    )
    region: tuple[int, ...] = field(
        default=(), metadata={"help": "left, top, width, height of the chat in pixels; empty looks for it."}
    )
    engine: TextEngine = field(default="rapidocr", metadata={"help": "What recognises the text."})
    roster: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Recordings, by id, whose exports name people who may write in this one too: by theirs misread "
            "names are told."
        },
    )

    def __post_init__(self) -> None:
        """Refuse a region that is none.

        Raises:
            ValueError: It has not four numbers, or nothing lies in it.
        """
        if self.region and (len(self.region) != 4 or min(self.region) < 0 or min(self.region[2:]) < 1):
            raise ValueError(f"region is {list(self.region)}, not left, top, width and height in pixels")


@dataclass(frozen=True, slots=True)
class DatasetSettings:
    """Which recordings make up the dataset."""

    name: str = field(default="default", metadata={"help": "The folder below curated/ and reports/."})
    only: tuple[str, ...] = field(
        default=(), metadata={"help": "Recordings to take, by id; empty takes every ingested one."}
    )
    exclude: tuple[str, ...] = field(default=(), metadata={"help": "Recordings to leave out, by id."})

    def __post_init__(self) -> None:
        """Refuse a name that is no folder name.

        Raises:
            ValueError: The name holds a separator, starts with a dot or is empty.
        """
        if not self.name or self.name.startswith(".") or set(self.name) & set("/\\\0"):
            raise ValueError(f"name is {self.name!r}, which is no folder name")


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """Where finished runs are told of; nothing else depends on it."""

    store: str = field(
        default="auto",
        metadata={
            "help": "'auto' is the SQLite file mlflow.db in the workspace where MLflow is installed, 'none' tells "
            "nobody, anything else is the URI of an MLflow store or server, such as http://127.0.0.1:5000."
        },
    )
    experiment: str = field(default="dougpt", metadata={"help": "The experiment's name in MLflow."})


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """How `dougpt pipeline` runs."""

    cores: int = field(default=0, metadata={"help": "Jobs side by side on this machine; 0 means one a core."})

    def __post_init__(self) -> None:
        """Refuse a negative number.

        Raises:
            ValueError: `cores` is below 0.
        """
        if self.cores < 0:
            raise ValueError(f"cores is {self.cores}, it must be at least 0")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, one table of dougpt.toml each."""

    download: DownloadSettings = field(default_factory=DownloadSettings)
    speech: SpeechSettings = field(default_factory=SpeechSettings)
    transcribe: TranscribeSettings = field(default_factory=TranscribeSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    diarise: DiariseSettings = field(default_factory=DiariseSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    picture: PictureSettings = field(default_factory=PictureSettings)
    rendered: RenderedSettings = field(default_factory=RenderedSettings)
    align: AlignSettings = field(default_factory=AlignSettings)
    dataset: DatasetSettings = field(default_factory=DatasetSettings)
    curate: CurateSettings = field(default_factory=CurateSettings)
    train: TrainSettings = field(default_factory=TrainSettings)
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    evaluate: EvaluateSettings = field(default_factory=EvaluateSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    pipeline: PipelineSettings = field(default_factory=PipelineSettings)


def load_settings(path: Path) -> Settings:
    """Read dougpt.toml.

    Raises:
        SettingsError: The file is missing or no TOML, or it does not fit the model.
    """
    try:
        text, table = read_toml(path)
    except FileNotFoundError as error:
        raise SettingsError(path, None, "there is no such file") from error
    return Binder(path, text, Settings).bind(Settings, table)


def write_template(path: Path, chosen: Settings | None = None) -> None:
    """Write a dougpt.toml that shows everything and changes what is `chosen`, nothing without it."""
    atomic_write(path, (HEADER + document(Settings, chosen)).encode())
