"""What is set for one recording beside dougpt.toml: what was chosen on the command line stays chosen.

A recording transcribed by another engine, or with other weights, or whose chat is read from its picture, keeps saying
so in raw/RECORDING/settings.toml. Its recipes count that in, so that neither `status` nor `pipeline` takes what was
made for stale.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dougpt_media.settings import DiariseSettings, RefineSettings, TranscribeSettings
from dougpt_schema import atomic_write

from dougpt.binding import Binder, SettingsError, to_toml
from dougpt.settings import PictureSettings, Settings, SpeechSettings
from dougpt.toml_text import read_toml

HEADER = """\
# Settings of this recording alone, which hold over those of dougpt.toml. Written by options of dougpt transcribe
# and dougpt chat, taken away by --reset of each
"""

type OwnSettings = Mapping[str, Mapping[str, Any]]
"""Values by table and name, as TOML gives them; only what is set."""


@dataclass(frozen=True, slots=True)
class Settable:
    """The tables of dougpt.toml that a recording can have its own of."""

    speech: SpeechSettings = field(default_factory=SpeechSettings)
    transcribe: TranscribeSettings = field(default_factory=TranscribeSettings)
    refine: RefineSettings = field(default_factory=RefineSettings)
    diarise: DiariseSettings = field(default_factory=DiariseSettings)
    picture: PictureSettings = field(default_factory=PictureSettings)


def read_own_settings(path: Path) -> OwnSettings:
    """Return what a recording's own file sets; nothing where there is none.

    Raises:
        SettingsError: It is no TOML, or does not fit the model.
    """
    if not path.exists():
        return {}
    text, own = read_toml(path)
    Binder(path, text, Settable).bind(Settable, own)
    return own


def write_own_settings(path: Path, own: OwnSettings) -> None:
    """Write what is set for a recording; where that is nothing, there is no file."""
    if not own:
        path.unlink(missing_ok=True)
        return
    lines = []
    for table, values in sorted(own.items()):
        lines += ["", f"[{table}]", *(f"{name} = {to_toml(value)}" for name, value in sorted(values.items()))]
    atomic_write(path, (HEADER + "\n".join(lines) + "\n").encode())


def with_own_settings(settings: Settings, own: OwnSettings, path: Path) -> Settings:
    """Return `settings` with those of a recording over them.

    Raises:
        SettingsError: They do not fit the model, by themselves or together.
    """
    # By its model first: types are checked, and tables of TOML become what the settings hold.
    bound = Binder(path, "", Settable).bind(Settable, own)
    try:
        tables = {
            table: replace(getattr(settings, table), **{name: getattr(getattr(bound, table), name) for name in values})
            for table, values in own.items()
        }
    except ValueError as error:
        raise SettingsError(path, None, str(error)) from error
    return replace(settings, **tables)


def joined(own: OwnSettings, chosen: OwnSettings) -> OwnSettings:
    """Return what was set before with what is chosen now on top."""
    tables = sorted({*own, *chosen})
    return {table: dict(sorted({**own.get(table, {}), **chosen.get(table, {})}.items())) for table in tables}


def told(own: OwnSettings) -> str:
    """Return what is set as one line for people."""
    return ", ".join(
        f"{table}.{name} = {to_toml(value)}" for table, values in own.items() for name, value in values.items()
    )
