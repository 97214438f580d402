"""A local page on which a person says who answered what, and the labels that come of it.

desk = Desk(load, Book(journal, rater="anna", blind=False, labels=labels))
serve(desk, port=8377, started=print)
"""

from dougpt_review.book import Book
from dougpt_review.desk import Desk
from dougpt_review.material import Material, Medium, Recording
from dougpt_review.serving import PortTakenError, serve

__all__ = ["Book", "Desk", "Material", "Medium", "PortTakenError", "Recording", "serve"]
