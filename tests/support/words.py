"""Looking at texts in the service's two languages."""

import re


def is_korean(text: str) -> bool:
    """Whether the text has Korean in it."""
    return re.search(r"[가-힣]", text) is not None
