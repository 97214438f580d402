"""What every HTML page of this project shares: its look, its policy, and strangers' texts that stay in their place.

`head` and `words` need the standard library alone; `drawing` (figures as SVG) and `template` need the extra `page`.
"""

from dougpt_schema.page.head import head, policy_of

__all__ = ["head", "policy_of"]
