"""The ground of dougpt: contracts, artifacts, ids and fingerprints, errors, and the Model protocol."""

from dougpt_schema.artifact import Provenance, atomic_write, read_provenance, read_table, write_pieces, write_table
from dougpt_schema.contract import ArrowStream, Column, Contract, as_table
from dougpt_schema.contracts import (
    ANCHORS,
    CANDIDATES,
    CHAT_EVENTS,
    CLOCK,
    CONTRACTS,
    GAPS,
    LABELS,
    LINKS,
    PRIOR,
    PROFILE,
    REJECTS,
    SAMPLES,
    SOURCES,
    UTTERANCES,
    WORDS,
)
from dougpt_schema.contracts.chat_events import ChatKind, OffsetSource
from dougpt_schema.contracts.gaps import GapCause
from dougpt_schema.contracts.labels import AskedAs, Verdict
from dougpt_schema.contracts.links import LINK_MEANINGS, DecidedBy, LinkReason
from dougpt_schema.contracts.samples import Split
from dougpt_schema.contracts.sources import SourceRole, SourceStatus
from dougpt_schema.contracts.words import Timing
from dougpt_schema.errors import ArtifactError, ContractError, DougptError, MissingExtraError
from dougpt_schema.fingerprints import code_fingerprint, fingerprint, library_versions, settings_fingerprint
from dougpt_schema.identity import file_sha256, recording_id, source_id
from dougpt_schema.model import Model
from dougpt_schema.names import Names
from dougpt_schema.splits import mixed_recordings

__all__ = [
    "ANCHORS",
    "CANDIDATES",
    "CHAT_EVENTS",
    "CLOCK",
    "CONTRACTS",
    "GAPS",
    "LABELS",
    "LINKS",
    "LINK_MEANINGS",
    "PRIOR",
    "PROFILE",
    "REJECTS",
    "SAMPLES",
    "SOURCES",
    "UTTERANCES",
    "WORDS",
    "ArrowStream",
    "ArtifactError",
    "AskedAs",
    "ChatKind",
    "Column",
    "Contract",
    "ContractError",
    "DecidedBy",
    "DougptError",
    "GapCause",
    "LinkReason",
    "MissingExtraError",
    "Model",
    "Names",
    "OffsetSource",
    "Provenance",
    "SourceRole",
    "SourceStatus",
    "Split",
    "Timing",
    "Verdict",
    "as_table",
    "atomic_write",
    "code_fingerprint",
    "file_sha256",
    "fingerprint",
    "library_versions",
    "mixed_recordings",
    "read_provenance",
    "read_table",
    "recording_id",
    "settings_fingerprint",
    "source_id",
    "write_pieces",
    "write_table",
]
