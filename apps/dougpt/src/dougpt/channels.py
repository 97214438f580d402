"""A channel's prior: fitted over its recordings on command, and frozen."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from dougpt_align import fit_channel
from dougpt_schema import (
    CHAT_EVENTS,
    PRIOR,
    UTTERANCES,
    DougptError,
    Provenance,
    code_fingerprint,
    fingerprint,
    library_versions,
    read_provenance,
    read_table,
    settings_fingerprint,
    write_table,
)

from dougpt.advice import advice
from dougpt.labels import freeze_labels, labels_fingerprint, labels_of
from dougpt.project import Project


class NoChannelError(DougptError):
    """It is not clear which channel is meant, or nothing of it is aligned."""


def fit(project: Project, channel: str | None, only: Iterable[str] = ()) -> dict[str, Any]:
    """Fit the prior of a channel and write it; return where it is and from which recordings.

    Raises:
        NoChannelError: There is no such channel, or none of its recordings was aligned yet.
        NothingToFitError: No recording has speech and chat that may belong together.
    """
    channel = channel or _only_channel(project)
    chosen = [name for name in project.select(only) if project.recordings[name].channel == channel]
    workspace = freeze_labels(project.workspace)
    ready = [name for name in chosen if (workspace.staged(name) / "links.parquet").exists()]
    if not ready:
        known = sorted({one.channel for one in project.recordings.values() if one.channel})
        if channel not in known:
            raise NoChannelError(f"no channel {channel!r} here; there are {', '.join(known) or 'none'}")
        raise NoChannelError(f"no aligned recording of the channel {channel!r}; run: {advice(workspace.root, 'align')}")
    marks = [read_provenance(workspace.staged(name) / f"{table}.parquet") for name in ready for table in _READ]
    settings, code = project.settings.align, code_fingerprint("dougpt_schema", "dougpt_align")
    labels = [table for name in ready if (table := labels_of(workspace, name)) is not None]
    prior = fit_channel(
        [
            (
                read_table(workspace.staged(name) / "utterances.parquet", UTTERANCES),
                read_table(workspace.staged(name) / "chat_events.parquet", CHAT_EVENTS),
            )
            for name in ready
        ],
        settings,
        labels=pa.concat_tables(labels) if labels else None,
        channel=channel,
    )
    said = [row for name in ready for row in labels_fingerprint(workspace, name)]
    inputs = (*(mark.fingerprint for mark in marks), *said)
    hashed = settings_fingerprint(settings)
    recipe = fingerprint("fit-channel", inputs, hashed, code, library_versions("numpy"))
    path = workspace.prior_file(channel)
    write_table(prior, path, PRIOR, Provenance("dougpt-align", recipe, inputs, hashed, code))
    return {"channel": channel, "prior": str(path), "recordings": ready}


_READ = ("utterances", "chat_events")


def _only_channel(project: Project) -> str:
    channels = sorted({recording.channel for recording in project.recordings.values() if recording.channel})
    if len(channels) != 1:
        raise NoChannelError(f"name a channel; there are {', '.join(channels) or 'none'}")
    return channels[0]
