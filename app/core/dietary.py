"""The words for what food contains and whom it suits: one fixed list each, explained in
`docs/allergens.md`.

Allergens are the 22 of Korean food labelling (Enforcement Rule of the Act on Labeling and
Advertising of Foods, Annex 2; its 조개류 names oysters, abalones and mussels apart) and the 14 of the
European Union (Regulation (EU) No 1169/2011, Annex II), merged: what both lists mean is one code.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

Lists = tuple[Literal["kr", "eu"], ...]
KR: Lists = ("kr",)
EU: Lists = ("eu",)
BOTH: Lists = ("kr", "eu")


@dataclass(frozen=True, slots=True)
class Allergen:
    """`part_of` is the wider European code under which the thing falls too, if there is one."""

    code: str
    ko: str
    en: str
    lists: Lists
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class Tag:
    """A word about a dish; `dietary` ones say whom it suits, the others what it is like."""

    code: str
    ko: str
    en: str
    dietary: bool = False


ALLERGENS = (
    Allergen("egg", "알류(가금류)", "Eggs", BOTH),
    Allergen("milk", "우유", "Milk", BOTH),
    Allergen("buckwheat", "메밀", "Buckwheat", KR),
    Allergen("peanut", "땅콩", "Peanuts", BOTH),
    Allergen("soybean", "대두", "Soybeans", BOTH),
    Allergen("wheat", "밀", "Wheat", KR, "gluten"),
    Allergen("mackerel", "고등어", "Mackerel", KR, "fish"),
    Allergen("crab", "게", "Crab", KR, "crustaceans"),
    Allergen("shrimp", "새우", "Shrimp", KR, "crustaceans"),
    Allergen("pork", "돼지고기", "Pork", KR),
    Allergen("peach", "복숭아", "Peaches", KR),
    Allergen("tomato", "토마토", "Tomatoes", KR),
    Allergen("sulfites", "아황산류", "Sulphur dioxide and sulphites", BOTH),
    Allergen("walnut", "호두", "Walnuts", KR, "nuts"),
    Allergen("chicken", "닭고기", "Chicken", KR),
    Allergen("beef", "쇠고기", "Beef", KR),
    Allergen("squid", "오징어", "Squid", KR, "molluscs"),
    Allergen("shellfish", "조개류", "Shellfish", KR, "molluscs"),
    Allergen("oyster", "굴", "Oysters", KR, "molluscs"),
    Allergen("abalone", "전복", "Abalones", KR, "molluscs"),
    Allergen("mussel", "홍합", "Mussels", KR, "molluscs"),
    Allergen("pine-nut", "잣", "Pine nuts", KR),
    Allergen("gluten", "글루텐 함유 곡물", "Cereals containing gluten", EU),
    Allergen("crustaceans", "갑각류", "Crustaceans", EU),
    Allergen("fish", "어류", "Fish", EU),
    Allergen("nuts", "견과류", "Nuts", EU),
    Allergen("celery", "셀러리", "Celery", EU),
    Allergen("mustard", "겨자", "Mustard", EU),
    Allergen("sesame", "참깨", "Sesame seeds", EU),
    Allergen("lupin", "루핀", "Lupin", EU),
    Allergen("molluscs", "연체동물", "Molluscs", EU),
)

TAGS = (
    Tag("vegan", "비건", "Vegan", dietary=True),
    Tag("vegetarian", "채식", "Vegetarian", dietary=True),
    Tag("pescatarian", "페스코 채식", "Pescatarian", dietary=True),
    Tag("halal", "할랄", "Halal", dietary=True),
    Tag("kosher", "코셔", "Kosher", dietary=True),
    Tag("gluten-free", "글루텐 프리", "Gluten-free", dietary=True),
    Tag("dairy-free", "유제품 없음", "Dairy-free", dietary=True),
    Tag("lactose-free", "락토 프리", "Lactose-free", dietary=True),
    Tag("nut-free", "견과류 없음", "Nut-free", dietary=True),
    Tag("sugar-free", "무설탕", "Sugar-free", dietary=True),
    Tag("low-calorie", "저칼로리", "Low in calories", dietary=True),
    Tag("low-sodium", "저염", "Low in salt", dietary=True),
    Tag("organic", "유기농", "Organic", dietary=True),
    Tag("caffeine-free", "카페인 없음", "Caffeine-free", dietary=True),
    Tag("children", "어린이 메뉴", "For children", dietary=True),
    Tag("alcohol", "주류", "Contains alcohol"),
    Tag("raw", "날것", "Raw"),
    Tag("mild", "순한맛", "Mild"),
    Tag("spicy", "매운맛", "Spicy"),
    Tag("very-spicy", "아주 매운맛", "Very spicy"),
    Tag("hot", "따뜻함", "Hot"),
    Tag("cold", "차가움", "Cold"),
    Tag("popular", "인기", "Popular"),
    Tag("recommended", "추천", "Recommended"),
    Tag("signature", "대표 메뉴", "Signature dish"),
    Tag("new", "신메뉴", "New"),
    Tag("seasonal", "계절 메뉴", "Seasonal"),
    Tag("limited", "한정", "While it lasts"),
)

_PLACES = {one.code: place for place, one in enumerate(ALLERGENS)}


def effective_allergens(
    own: Iterable[str], removed: Collection[str], added: Iterable[str]
) -> tuple[str, ...]:
    """What a dish contains as it was configured, in the order of the list.

    An addition wins over a removal: leaving the egg out of a dish that gets an egg on top leaves
    an egg in it. Codes of before the list was fixed come last, in alphabetical order.
    """
    codes = {code for code in own if code not in removed}.union(added)
    return tuple(sorted(codes, key=lambda code: (_PLACES.get(code, len(_PLACES)), code)))
