"""The tables in which the libraries meet, one module each."""

from dougpt_schema.contract import Contract
from dougpt_schema.contracts.anchors import ANCHORS
from dougpt_schema.contracts.candidates import CANDIDATES
from dougpt_schema.contracts.chat_events import CHAT_EVENTS
from dougpt_schema.contracts.clock import CLOCK
from dougpt_schema.contracts.gaps import GAPS
from dougpt_schema.contracts.labels import LABELS
from dougpt_schema.contracts.links import LINKS
from dougpt_schema.contracts.prior import PRIOR
from dougpt_schema.contracts.profile import PROFILE
from dougpt_schema.contracts.rejects import REJECTS
from dougpt_schema.contracts.samples import SAMPLES
from dougpt_schema.contracts.sources import SOURCES
from dougpt_schema.contracts.utterances import UTTERANCES
from dougpt_schema.contracts.words import WORDS

# In the order in which the data passes through them.
CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        SOURCES,
        WORDS,
        UTTERANCES,
        CHAT_EVENTS,
        GAPS,
        ANCHORS,
        CLOCK,
        CANDIDATES,
        LINKS,
        LABELS,
        PRIOR,
        REJECTS,
        SAMPLES,
        PROFILE,
    )
}

__all__ = [
    "ANCHORS",
    "CANDIDATES",
    "CHAT_EVENTS",
    "CLOCK",
    "CONTRACTS",
    "GAPS",
    "LABELS",
    "LINKS",
    "PRIOR",
    "PROFILE",
    "REJECTS",
    "SAMPLES",
    "SOURCES",
    "UTTERANCES",
    "WORDS",
]
