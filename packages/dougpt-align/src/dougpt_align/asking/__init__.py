"""What to ask a person, and what the next answers buy.

asked = questions(links, candidates, utterances, chat_events, labels=labels, count=50)
print(worth(links, labels, candidates=candidates).sentence)
"""

from dougpt_align.asking.questions import questions
from dougpt_align.asking.settings import AskSettings
from dougpt_align.asking.worth import Worth, worth

__all__ = ["AskSettings", "Worth", "questions", "worth"]
