"""Recordings made up with their truth: who answers what is known, so that any aligner can be scored.

Two families that share no code for text, timing or choice of parent with each other, nor with the aligner.
"""

from dougpt_align.synthetic.hostile import make_hostile
from dougpt_align.synthetic.stream import make_stream
from dougpt_align.synthetic.truth import CAUSES, Slice, Synthetic

__all__ = ["CAUSES", "Slice", "Synthetic", "make_hostile", "make_stream"]
