"""A dataset in pieces on disk: two passes over recordings, with a few of them in memory at a time."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
from dougpt_schema import ArrowStream, Names

from dougpt_curate.assemble import with_splits
from dougpt_curate.gathering import Gathering, Tables, checked
from dougpt_curate.holdout import Blocks
from dougpt_curate.profile import make_profile
from dougpt_curate.report import CurateReport, make_report
from dougpt_curate.settings import CurateSettings
from dougpt_curate.settling import Settled, divide, settle


class CuratedPieces:
    """A dataset that stands on disk and is read a piece at a time; `close` gives the space back.

    The files have no names and go with the process, however that ends.

    Attributes:
        profile: As in `Curated`.
        report: As in `Curated`.
    """

    def __init__(
        self, gathering: Gathering, settled: Sequence[Settled], profile: pa.Table, report: CurateReport
    ) -> None:
        self.profile, self.report = profile, report
        self._gathering, self._settled = gathering, settled

    def samples(self, split: str | None = None) -> Iterator[pa.Table]:
        """Yield the samples, of one split if it is named, in the contract's order; columns as in `Curated`."""
        for one in self._settled:
            wanted = one.splits == str(split) if split else None
            if wanted is not None and not wanted.any():
                continue
            table = self._gathering.spool.get(one.samples)
            table = table if "split" in table.column_names else with_splits(table, one.splits)
            yield table if wanted is None or wanted.all() else table.filter(wanted.to_arrow())

    def rejects(self) -> Iterator[pa.Table]:
        """Yield the rejects in the contract's order."""
        for one in self._settled:
            yield self._gathering.spool.get(one.rejects)

    def close(self) -> None:
        """Give the space back."""
        self._gathering.close()

    def __enter__(self) -> Self:
        """Close at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()


def curate_in_pieces(
    recordings: Iterable[str],
    read: Callable[[str], tuple[ArrowStream, ArrowStream, ArrowStream]],
    settings: CurateSettings | None = None,
    *,
    holdout: Mapping[str, str] | None = None,
    blocks: Blocks | None = None,
    names: Names | None = None,
    folder: Path | None = None,
) -> CuratedPieces:
    """Return what `curate_recordings` returns, set aside on disk, so that memory does not grow with the recordings.

    Args:
        recordings: As for `curate_recordings`.
        read: As for `curate_recordings`.
        settings: As for `curate`.
        holdout: As for `curate`.
        blocks: As for `curate`.
        names: As for `curate`.
        folder: Where to set aside, by default where the system keeps what is temporary; it takes about twice as much
            as the samples, and sketches of 770 bytes a sample.

    Raises:
        ContractError: A table is not what its contract says.
        HoldoutError: `holdout` names a split that does not exist.
        ValueError: A table of one recording holds rows of another.
    """

    def read_one(recording_id: str) -> Tables:
        tables = checked(read(recording_id))
        for table in tables:
            if others := set(pc.unique(table["recording_id"]).to_pylist()) - {recording_id}:
                raise ValueError(f"among the rows of {recording_id} are some of {min(others)}")
        return tables

    return two_passes(sorted(recordings), read_one, settings or CurateSettings(), names, holdout, blocks, folder)


def two_passes(  # noqa: PLR0917  # what all ways in hand on
    recordings: list[str],
    read: Callable[[str], Tables],
    settings: CurateSettings,
    names: Names | None,
    holdout: Mapping[str, str] | None,
    blocks: Blocks | None,
    folder: Path | None = None,
) -> CuratedPieces:
    """Curate sorted recordings, of which `read` returns checked tables."""
    gathering = Gathering(recordings, settings, names, folder)
    try:
        gathering.gather(recordings, read)
        division = divide(gathering, recordings, settings, holdout, blocks or {})
        settled, whole = settle(gathering, division, read, settings)
        # What is held out must not be known, unless there is nothing else.
        talk = whole.trained if whole.trained.replies else whole.others
        return CuratedPieces(
            gathering, settled, make_profile(talk, settings.channel), make_report(whole, division, settings)
        )
    except BaseException:
        gathering.close()
        raise
