"""Which of a menu's languages a phone gets."""

import pytest

from app.core.language import canonical_tag, negotiate

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


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("EN", "en"),
        ("ko-kr", "ko-KR"),
        ("zh-hans", "zh-Hans"),
        ("ZH-HANT-hk", "zh-Hant-HK"),
        ("es-419", "es-419"),
        ("de-ch-1996", "de-CH-1996"),
        ("SL-Rozaj-biske", "sl-rozaj-biske"),
        ("en-X-Kids", "en-x-kids"),
        ("de-u-co-phonebk", "de-u-co-phonebk"),
        ("zh-yue", "yue"),
        ("zh-yue-HK", "yue-HK"),
    ],
)
def test_a_tag_is_kept_in_one_form(written: str, canonical: str) -> None:
    assert canonical_tag(written) == canonical == canonical_tag(canonical)


@pytest.mark.parametrize(
    "text",
    ["", "e", "english-", "-en", "en_US", "i-klingon", "en-", "en-u", "en-x", "한국어", "en-a" * 9],
)
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="BCP 47"):
        canonical_tag(text)
