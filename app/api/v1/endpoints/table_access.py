from http import HTTPStatus

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import TablePasswordsDep, TableSignInDep
from app.core.dependencies.request import PathId
from app.core.security.permissions import Permission
from app.schemas.auth import TokensOutput
from app.schemas.table_access import TableLoginInput, TablePasswordInput

router = APIRouter(route_class=OperationRoute)


@router.post("/auth/table-login", tags=["Signing in"], summary="Sign a tablet in by table")
@operation(Permission.PUBLIC, problems=("sign-in-refused",))
async def login_by_table(body: TableLoginInput, sign_in: TableSignInDep) -> TokensOutput:
    """As a paired tablet of the table: a device of its own, signed in as long as it is used."""
    return await sign_in.login(body)


@router.put(
    "/tables/{table_id}/password",
    tags=["Tables"],
    status_code=HTTPStatus.NO_CONTENT,
    summary="Set the password with which tablets sign in at a table",
)
@operation(Permission.TABLES_MANAGE, problems=("not-found",))
async def set_table_password(
    table_id: PathId, body: TablePasswordInput, passwords: TablePasswordsDep
) -> None:
    """`null` takes it away. Tablets that are signed in stay so, unless `end_sign_ins` is true.

    With `end_sign_ins` every tablet of the table is revoked, the paired ones too.
    """
    return await passwords.set(table_id, body)
