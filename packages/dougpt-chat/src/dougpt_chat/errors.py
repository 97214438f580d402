"""What can be wrong with a chat export, each with the file, the cause and what to do."""

from dougpt_schema.errors import DougptError


class UnreadableExportError(DougptError):
    """The file cannot be opened, or holds nothing.

    Attributes:
        path: The file.
        cause: Why.
    """

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(f"{path}: {cause}")


class UnknownFormatError(DougptError):
    """No chat format fits the content.

    Attributes:
        path: The file.
        refusals: Each format tried, with the reason it was refused.
    """

    def __init__(self, path: str, refusals: dict[str, str]) -> None:
        self.path = path
        self.refusals = refusals
        tried = "; ".join(f"{name}: {why}" for name, why in refusals.items())
        super().__init__(f"{path}: no chat format fits ({tried})")


class BrokenExportError(DougptError):
    """The content has the marks of its format and still not the shape, and it is not merely cut off.

    Attributes:
        path: The file.
        cause: What is not as it must be.
    """

    def __init__(self, path: str, cause: str) -> None:
        self.path = path
        self.cause = cause
        super().__init__(f"{path}: {cause}")


class TruncatedExportError(DougptError):
    """The export ends before its content does.

    Attributes:
        path: The file.
        complete: How many complete messages were found.
        at_byte: Where the first incomplete thing begins, in bytes of the text after decompression.
        cause: What is missing.
    """

    def __init__(self, path: str, complete: int, at_byte: int, cause: str) -> None:
        self.path = path
        self.complete = complete
        self.at_byte = at_byte
        self.cause = cause
        super().__init__(
            f"{path}: cut off at byte {at_byte} ({cause}) after {complete} complete messages; export it again, "
            "or keep those with the setting chat.allow_truncated"
        )


class NoSpaceError(DougptError):
    """A chat too large for memory cannot be put aside on disk.

    Attributes:
        folder: Where it was to go.
        cause: Why it does not.
    """

    def __init__(self, folder: str, cause: str) -> None:
        self.folder = folder
        self.cause = cause
        super().__init__(f"{folder}: messages cannot be put aside there: {cause}; make room, or set TMPDIR")
