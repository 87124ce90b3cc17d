from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies.access import AccountKeepingDep, PairingDep, SignInDep
from app.core.dependencies.request import PathId, PrincipalDep
from app.core.security.permissions import Permission
from app.schemas.auth import (
    LoginInput,
    MeOutput,
    PairInput,
    PasswordInput,
    RefreshInput,
    SignInFilter,
    SignInOutput,
    TokensOutput,
)
from app.schemas.base import Page

router = APIRouter(prefix="/auth", tags=["Signing in"], route_class=OperationRoute)


@router.post("/login", summary="Sign in with store code, user name and password")
@operation(Permission.PUBLIC, problems=("sign-in-refused", "rate-limited"))
async def login(body: LoginInput, sign_in: SignInDep) -> TokensOutput:
    """Tokens for a staff member. The sign-in ends 16 hours later at the latest."""
    return await sign_in.login(body)


@router.post("/refresh", summary="Exchange a refresh token for the next pair of tokens")
@operation(Permission.PUBLIC, problems=("not-authenticated", "session-closed"))
async def refresh(body: RefreshInput, sign_in: SignInDep) -> TokensOutput:
    """Each refresh token works once. An old one that comes back ends its whole sign-in."""
    return await sign_in.refresh(body.refresh_token)


@router.post("/pair", summary="Pair a tablet with the table that a code was made for")
@operation(Permission.PUBLIC, problems=("pairing-code-invalid", "rate-limited"))
async def pair(body: PairInput, pairing: PairingDep) -> TokensOutput:
    """Redeem a pairing code, once. The tablet stays signed in as long as it is used."""
    return await pairing.pair(body)


@router.post("/logout", status_code=HTTPStatus.NO_CONTENT, summary="End this sign-in")
@operation(Permission.SIGNED_IN)
async def logout(principal: PrincipalDep, sign_in: SignInDep) -> None:
    """All tokens of this sign-in stop working within seconds; its streams end."""
    return await sign_in.logout(principal)


@router.get("/me", summary="Who this credential speaks for")
@operation(Permission.SIGNED_IN)
async def me(principal: PrincipalDep, sign_in: SignInDep) -> MeOutput:
    """The caller with its role, table and permissions."""
    return sign_in.me(principal)


@router.put("/password", summary="Change the own password")
@operation(Permission.SIGNED_IN, problems=("password-wrong",))
async def change_password(body: PasswordInput, account: AccountKeepingDep) -> TokensOutput:
    """Ends all other sign-ins of the account; this one goes on with the tokens of the answer."""
    return await account.change_password(body)


@router.get("/sessions", summary="The live sign-ins of an account")
@operation(Permission.SIGNED_IN, problems=("not-found",))
async def list_sign_ins(
    wanted: Annotated[SignInFilter, Query()], account: AccountKeepingDep
) -> Page[SignInOutput]:
    """The caller's own, newest first, or with `staff_id` somebody else's."""
    return await account.find(wanted)


@router.delete(
    "/sessions/{sign_in_id}", status_code=HTTPStatus.NO_CONTENT, summary="End one sign-in"
)
@operation(Permission.SIGNED_IN, problems=("not-found",))
async def end_sign_in(sign_in_id: PathId, account: AccountKeepingDep) -> None:
    """One of the caller's own, or as an owner anybody's. Its streams end within seconds."""
    return await account.end(sign_in_id)
