"""Files that are sent."""

from http import HTTPStatus as S

from app.core.problem_kinds import reasons
from app.core.problem_kinds.kind import kind

KINDS = [
    kind(
        S.UNPROCESSABLE_ENTITY,
        "menu-file-invalid",
        (
            "The file has errors",
            "Nothing was imported. `errors` says where, in a table by row and column: correct it and send it again.",
        ),
        (
            "파일에 오류가 있음",
            "아무것도 가져오지 않았습니다. `errors`에 있는 행과 열을 고친 뒤 다시 보내 주세요.",
        ),
        reasons=reasons.FILE,
    ),
]
