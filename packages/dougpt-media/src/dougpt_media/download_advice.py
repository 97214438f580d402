"""What to do about an error of yt-dlp's, told from its words."""

import re

from dougpt_schema.installing import pip

ADVICE = (
    (r"file of cookies", "say --cookies FILE with one in Netscape's format, as browsers' extensions write it"),
    (
        r"sign in|log ?in|cookies|private|members|subscriber|age.restrict|confirm you|http error 40[13]",
        "it asks who you are: save your browser's cookies for that site to a file and say --cookies FILE",
    ),
    (
        r"unsupported url|no video formats|unable to extract",
        "a newer yt-dlp may know it: {pip} install --upgrade yt-dlp",
    ),
    (r"http error 429|too many requests", "the site wants you to wait: run it again in an hour"),
    (
        r"http error (?:404|410)|unavailable|does not exist|removed|not found",
        "look whether a browser plays it, and check the address",
    ),
    (r"live", "run it again when the stream is over"),
    (
        (
            r"timed? ?out|unreachable|refused|resolve|getaddrinfo|name or service|connection|network"
            r"|http error 5\d\d|incomplete"
        ),
        "check the connection and run it again: what is here already is kept",
    ),
    (r"no space", "make room on the disk and run it again"),
)
OTHERWISE = "run it again to go on from here; if that does not help: {pip} install --upgrade yt-dlp"


def advice_on(cause: str) -> str:
    """Return one line on what a person can do."""
    advice = next((advice for pattern, advice in ADVICE if re.search(pattern, cause, re.IGNORECASE)), OTHERWISE)
    return advice.format(pip=pip())
