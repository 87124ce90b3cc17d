"""A file that came as the body of a request."""

from dataclasses import dataclass, replace

CHARSETS = ("", "utf-8", "utf-16", "euc-kr", "cp949", "ks_c_5601-1987")


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes as they were sent, and what they were said to be."""

    media_type: str
    content: bytes = b""

    @classmethod
    def announced(cls, content_type: str) -> "Upload | None":
        """What a `Content-Type` announces; None when its charset is none that is read here.

        Readers find the charset out by themselves: what spreadsheets announce is often wrong.
        """
        kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
        named = dict(part.partition("=")[::2] for part in parameters)
        if named.get("charset", "").strip('"') not in CHARSETS:
            return None
        return cls(kind)

    def with_content(self, content: bytes) -> "Upload":
        return replace(self, content=content)
