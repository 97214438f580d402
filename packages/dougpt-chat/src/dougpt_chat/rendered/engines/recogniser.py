"""What every engine gives: the text of a picture of one piece of text, how sure it is, where the characters stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from dougpt_schema import DougptError
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Character:
    """One character: where its middle stands in the picture, in pixels from the left, and its score, 0 to 1."""

    text: str
    middle_px: float
    score: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a picture says.

    Attributes:
        text: The text; empty where there is none.
        score: The engine's confidence, 0 to 1.
        characters: The characters of `text` one by one, where the engine tells them; None where it does not.
    """

    text: str
    score: float
    characters: tuple[Character, ...] | None = None


class Recogniser(Protocol):
    """What recognises text.

    Attributes:
        name: Engine and runtime in a word, such as `rapidocr-openvino`.
        version: The runtime's version.
    """

    name: str
    version: str

    def recognise(self, crops: Sequence[Image]) -> list[Recognised]:
        """Return what each BGR picture of shape (H, W, 3) says, in the order given; each holds one line of text."""


class ModelUnavailableError(DougptError):
    """An engine's model is not on this machine and cannot be fetched.

    Attributes:
        engine: The engine.
        model: The model's name or folder.
    """

    def __init__(self, engine: str, model: str, cause: str) -> None:
        self.engine = engine
        self.model = model
        super().__init__(f"{engine} has no model {model!r}: {cause}")
