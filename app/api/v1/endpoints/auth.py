from http import HTTPStatus

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute
from app.core.dependencies import PairingDep, PrincipalDep, SignInDep
from app.core.security.permissions import Permission
from app.schemas.auth import LoginInput, MeOutput, PairInput, RefreshInput, TokensOutput

router = APIRouter(prefix="/auth", tags=["Signing in"], route_class=OperationRoute)


@router.post("/login", summary="Sign in with store code, user name and password")
@operation(Permission.PUBLIC, problems=("sign-in-refused", "rate-limited"))
async def login(body: LoginInput, sign_in: SignInDep) -> TokensOutput:
    """Tokens for a staff member. The sign-in ends 16 hours later at the latest."""
    return await sign_in.login(body)


@router.post("/refresh", summary="Exchange a refresh token for the next pair of tokens")
@operation(Permission.PUBLIC, problems=("not-authenticated",))
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
