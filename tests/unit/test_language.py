"""Which of a menu's languages a phone gets."""

import pytest

from app.core.language import negotiate

MENU = ("ko", "en", "ja", "zh-Hans")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "ko"),
        ("", "ko"),
        ("*", "ko"),
        ("de", "ko"),
        ("en-US,en;q=0.9", "en"),
        ("de, en;q=0.5, ja;q=0.7", "ja"),
        ("en;Q=0.5, ja;q=0.3", "en"),
        ("ko;q=0, en;q=0.5", "en"),
        # What phones of Chinese guests send.
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans"),
        ("cmn-Hans-CN", "zh-Hans"),
        ("zh-cmn-Hans-CN", "zh-Hans"),
        # The other script is better than another language.
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("x" * 5000, "ko"),
        ("-, en-, ;;, en;q=abc, ja", "en"),
    ],
)
def test_a_phone_gets_its_language(header: str | None, expected: str) -> None:
    assert negotiate(header, MENU, "ko") == expected


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        ("zh-TW", ("zh-Hans", "zh-Hant"), "zh-Hant"),
        ("zh-HK", ("zh", "zh-Hant"), "zh-Hant"),
        ("zh-MO", ("zh-CN", "zh-HK"), "zh-HK"),
        ("zh-MY", ("zh-Hant", "zh-Hans"), "zh-Hans"),
        ("zh-Hant", ("zh-CN", "zh-TW"), "zh-TW"),
        ("pt", ("en", "pt-PT", "pt-BR"), "pt-BR"),
        ("es-MX", ("es-419", "es"), "es"),
        ("en-GB", ("en-US", "en-GB"), "en-GB"),
        ("sr-Latn", ("sr", "sr-Latn"), "sr-Latn"),
        ("de-AT", ("de-CH", "de-DE"), "de-CH"),
        ("de-CH-1996", ("de", "de-CH-1996", "de-CH"), "de-CH-1996"),
        ("in-ID", ("en", "id"), "id"),
        ("fil-PH", ("en", "tl"), "tl"),
    ],
)
def test_the_script_goes_before_the_region(
    wanted: str, available: tuple[str, ...], expected: str
) -> None:
    assert negotiate(wanted, available, "ko") == expected
