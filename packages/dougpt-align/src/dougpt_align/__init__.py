"""Who answered what: links from speech to chat, how sure they are, and why not."""

from dougpt_align.aligner import Alignment, align
from dougpt_align.edit_map import edit_map
from dougpt_align.fit_channel import Recording, fit_channel
from dougpt_align.report import AlignReport
from dougpt_align.settings import AlignSettings
from dougpt_align.turns import segment

__all__ = ["AlignReport", "AlignSettings", "Alignment", "Recording", "align", "edit_map", "fit_channel", "segment"]
