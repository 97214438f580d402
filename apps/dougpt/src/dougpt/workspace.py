"""Where things lie in a workspace: every path the app reads or writes is named here.

```text
dougpt.toml  secret/  raw/<recording>/  raw/downloads/<video>/  staged/<recording>/  staged/channels/<channel>/
labels/  curated/<dataset>/  runs/<run>/  reports/<dataset>/  reports/align-<recording>.html
.dougpt/ (this machine's: stamps, locks, timings)
```
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dougpt_schema import DougptError, fingerprint

SETTINGS_NAME = "dougpt.toml"
SETTINGS_OF_RECORDING = "settings.toml"
LONGEST_NAME = 200  # bytes; file systems take 255
HASHED = "~"
DELETE_IT = "delete it, nothing is lost"


class WorkspaceError(DougptError):
    """A folder is no workspace, or cannot become one."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The layout below one folder; nothing is touched by naming it.

    Attributes:
        root: The folder.
        label_bytes: How much of which files of labels counts; all of it where it is None.
    """

    root: Path
    label_bytes: Mapping[str, int] | None = field(default=None, compare=False)

    @classmethod
    def open(cls, root: Path) -> "Workspace":
        """Return the workspace at `root`.

        Raises:
            WorkspaceError: There is no workspace, or a regular file stands in its way.
        """
        refuse_file_in_the_way(root)
        if not (root / SETTINGS_NAME).is_file():
            raise WorkspaceError(f"{root}: no workspace here (no {SETTINGS_NAME}); make one with: dougpt init {root}")
        return cls(root)

    @property
    def settings_file(self) -> Path:
        """What `dougpt init` wrote and people change."""
        return self.root / SETTINGS_NAME

    @property
    def secret(self) -> Path:
        """The key, names, and who is forgotten."""
        return self.root / "secret"

    @property
    def key_file(self) -> Path:
        """The pseudonym key, raw bytes; its bytes never leave this file."""
        return self.secret / "key"

    def names_file(self, recording_id: str) -> Path:
        """The names behind the pseudonyms of one recording."""
        return self.secret / "names" / f"{recording_id}.parquet"

    def raw_texts_file(self, recording_id: str) -> Path:
        """Messages as they were written, where the staged text differs."""
        return self.secret / "texts" / f"{recording_id}.parquet"

    def name_hashes_file(self, recording_id: str) -> Path:
        """Keyed hashes of the names of everybody who wrote, for keeping names out of samples."""
        return self.secret / "hashes" / f"{recording_id}.json"

    @property
    def forgotten_file(self) -> Path:
        """Pseudonyms of people who asked to be forgotten; `chat` leaves them out for good."""
        return self.secret / "forgotten.json"

    @property
    def forgetting(self) -> Path:
        """What a `dougpt forget` puts in the place of files; there only while one is at work, or was cut short."""
        return self.secret / "forgetting"

    @property
    def forgetting_file(self) -> Path:
        """What it has to do, as long as that is not done."""
        return self.secret / "forgetting.json"

    @property
    def raw(self) -> Path:
        """Manifests of the recordings."""
        return self.root / "raw"

    @property
    def downloads(self) -> Path:
        """What was fetched from the web, a folder each video."""
        return self.raw / "downloads"

    def sources_file(self, recording_id: str) -> Path:
        """The manifest of a recording."""
        return self.raw / recording_id / "sources.parquet"

    def local_file(self, recording_id: str) -> Path:
        """Where the media lie on this machine, with size and mtime: outside every fingerprint."""
        return self.raw / recording_id / "local.json"

    def own_settings_file(self, recording_id: str) -> Path:
        """What was set for one recording alone, beside dougpt.toml."""
        return self.raw / recording_id / SETTINGS_OF_RECORDING

    def staged(self, recording_id: str) -> Path:
        """What was made of one recording."""
        return self.root / "staged" / recording_id

    def channel(self, channel: str) -> Path:
        """What was fitted over the recordings of a channel."""
        return self.root / "staged" / "channels" / folder_name(channel)

    def prior_file(self, channel: str) -> Path:
        """The prior that `align` holds to, once `fit-channel` was called."""
        return self.channel(channel) / "prior.parquet"

    @property
    def labels(self) -> Path:
        """People's decisions, append-only."""
        return self.root / "labels"

    def dataset(self, name: str) -> Path:
        """The curated samples and their books."""
        return self.root / "curated" / name

    def refused(self, dataset: str) -> Path:
        """Card and page of a dataset that a gate refused; what stands beside them is the dataset before."""
        return self.dataset(dataset) / "refused"

    def holdout_file(self, name: str) -> Path:
        """The frozen split of each recording."""
        return self.dataset(name) / "holdout.json"

    @property
    def runs(self) -> Path:
        """Trained runs, each in a folder named by its recipe."""
        return self.root / "runs"

    def run(self, run_id: str) -> Path:
        """One trained run."""
        return self.runs / run_id

    def chat_page(self, recording_id: str) -> Path:
        """How the times of a recording's chat were found."""
        return self.root / "reports" / f"chat-{recording_id}.html"

    def picture_page(self, recording_id: str) -> Path:
        """What was read of a recording's picture; it shows names, so it is kept with them."""
        return self.secret / "pictures" / f"{recording_id}.html"

    def transcript_page(self, recording_id: str) -> Path:
        """The page of a recording's words: a view, which may be drawn again."""
        return self.root / "reports" / f"transcribe-{recording_id}.html"

    def report(self, dataset: str) -> Path:
        """Numbers and page of an evaluation."""
        return self.root / "reports" / dataset

    def history_file(self, dataset: str) -> Path:
        """What every run measured on a dataset, a line each; only ever added to."""
        return self.report(dataset) / "history.jsonl"

    def blind_page(self, dataset: str) -> Path:
        """A page that asks a person which of two replies is real."""
        return self.report(dataset) / "blind.html"

    def blind_key_file(self, page: str) -> Path:
        """Which side of a blind page is real; without any text."""
        return self.secret / "blind" / f"{page}.json"

    def blind_results(self, dataset: str) -> Path:
        """What people took for real, a result a file of answers."""
        return self.report(dataset) / "blind.json"

    def model_report(self, dataset: str, name: str) -> Path:
        """The report of a model that is no run of today's settings."""
        return self.report(dataset) / "models" / name

    def align_page_file(self, recording_id: str) -> Path:
        """The page of one alignment: a view, which may be drawn again."""
        return self.root / "reports" / f"align-{recording_id}.html"

    @property
    def state(self) -> Path:
        """This machine's bookkeeping: may be deleted at any time, and nothing is lost but speed."""
        return self.root / ".dougpt"

    @property
    def stamps(self) -> Path:
        """Empty files named by recipes, by which Snakemake knows what is done."""
        return self.state / "stamps"

    @property
    def lock_file(self) -> Path:
        """Held by the command that changes the workspace."""
        return self.state / "lock"

    @property
    def jobs_lock_file(self) -> Path:
        """Held by everything that a pipeline started."""
        return self.state / "jobs"

    @property
    def plan_file(self) -> Path:
        """What the Snakefile reads."""
        return self.state / "plan.json"

    def seat_file(self, rater: str) -> Path:
        """Held by the labelling page of a rater."""
        return self.state / "raters" / fingerprint(rater)[:16]

    def failure_file(self, stage: str, subject: str) -> Path:
        """On which recipe a job failed, and how."""
        return self.state / "failures" / f"{stage}-{subject}.json"

    def timing_file(self, stage: str, subject: str) -> Path:
        """How long a job took on this machine."""
        return self.state / "timings" / f"{stage}-{subject}.json"

    def recordings(self) -> list[str]:
        """Return the ids of the ingested recordings, sorted."""
        return sorted(path.parent.name for path in self.raw.glob("*/sources.parquet"))

    def partial_files(self) -> Iterator[Path]:
        """Yield what killed writers left behind: hidden files, and folders of runs, that end in `.partial`."""
        yield from self.hidden_partial_files()
        yield from sorted(self.runs.glob("*.partial"))

    def hidden_partial_files(self) -> list[Path]:
        """Return the files, not folders of runs, that killed writers left behind."""
        return sorted(self.root.rglob(".*.partial"))


def folder_name(name: str) -> str:
    """Return a name that somebody else chose as the name of one folder: itself where it can be one.

    Any other is spelled in plain letters, with a hash that tells it from its likes.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    odd = name.startswith((".", HASHED)) or not name.isprintable() or set(name) & set("/\\")
    if not odd and len(name.encode()) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{HASHED}{digest[:16]}-{plain[:40]}"


def refuse_file_in_the_way(root: Path) -> None:
    """Raise WorkspaceError where `root` or a folder above it is a regular file."""
    for place in (root, *root.parents):
        if place.exists() or place.is_symlink():
            if not place.is_dir():
                raise WorkspaceError(f"{root}: cannot be a workspace, {place} is a file")
            return


def read_json(path: Path) -> Any:
    """Return the JSON in `path`; a file that is none is a WorkspaceError that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise WorkspaceError(f"{path}: not valid JSON ({error})") from error


def read_members(path: Path, remedy: str, **members: type | tuple[type, ...]) -> dict[str, Any]:
    """Return the JSON object in `path`; where one of `members` is missing or of another type, it is a WorkspaceError.

    Args:
        path: The file.
        remedy: What to do where it is damaged.
        members: What it must hold, with types.
    """
    found = read_json(path)
    for name, kind in members.items():
        if not isinstance(found, dict) or not isinstance(found.get(name), kind):
            raise WorkspaceError(f"{path}: damaged, it does not say {name}; {remedy}")
    return dict(found)


def read_places(path: Path) -> dict[str, dict[str, Any]]:
    """Return where the sources of a recording lie by its local.json; nothing where there is none."""
    if not path.exists():
        return {}
    found: dict[str, Any] = read_members(path, "delete it and ingest the files again", sources=dict)["sources"]
    for place in found.values():
        known = place if isinstance(place, dict) else {}
        if not isinstance(known.get("path"), str) or not all(
            isinstance(known.get(x), int) for x in ("size", "mtime_ns")
        ):
            raise WorkspaceError(f"{path}: damaged, a source has no place; delete it and ingest the files again")
    return found


def to_json(value: Any) -> bytes:
    """Return `value` as JSON bytes: sorted keys, two-space indent, a newline at the end."""
    return (json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
