"""What a configured dish contains, and that the page about it says what the code says."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.core.dietary import ALLERGENS, TAGS, effective_allergens

CODES = [one.code for one in ALLERGENS]
SOME = st.lists(st.sampled_from(CODES), unique=True, max_size=6)


@given(SOME, SOME, SOME)
def test_an_option_adds_and_removes(own: list[str], removed: list[str], added: list[str]) -> None:
    found = effective_allergens(own, removed, added)
    assert set(found) == (set(own) - set(removed)) | set(added)
    assert list(found) == sorted(found, key=CODES.index)


def test_codes_of_before_the_list_are_kept_at_the_end() -> None:
    assert effective_allergens(["soybeans", "crab"], [], ["egg"]) == ("egg", "crab", "soybeans")


def test_the_page_explains_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "allergens.md").read_text()
    for allergen in ALLERGENS:
        assert f"| `{allergen.code}` | {allergen.ko} | {allergen.en} |" in page
    for tag in TAGS:
        assert f"| `{tag.code}` | {tag.ko} | {tag.en} |" in page
