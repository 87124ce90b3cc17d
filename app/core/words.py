"""What the service says to people, in each of its own languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One message in English and Korean, written where it is said.

    What a message names, such as a dish, is picked from its texts in the message's language.
    """

    en: str
    ko: str

    def __getitem__(self, language: str) -> str:
        """The message in `language`, in English where that is neither of the two."""
        return self.ko if language == "ko" else self.en


class UnreadableValueError(ValueError):
    """A value that can't be read, and why.

    Validators of schemas raise it: Pydantic takes it as any `ValueError`, with the code
    `value-error`, and `app/core/reader_words.py` finds the words in it.
    """

    def __init__(self, en: str, ko: str) -> None:
        super().__init__(en)
        self.words = Words(en, ko)


SHAPES: dict[str, Words] = {}
"""By pattern: what a text of that shape looks like, for people who read no patterns."""


def shape(pattern: str, en: str, ko: str) -> str:
    """The pattern of a text's field, which is told in these words when a text does not match."""
    SHAPES[pattern] = Words(en, ko)
    return pattern
