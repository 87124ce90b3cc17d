from typing import Any

from fastapi import APIRouter

from app.api.operation import operation
from app.api.route import OperationRoute, UnversionedRoute
from app.core.dependencies.request import RuntimeDep
from app.core.health import check_ready, summary
from app.core.security.permissions import Permission

router = APIRouter(prefix="/health", tags=["Health"], route_class=OperationRoute)
unversioned = APIRouter(prefix="/health", route_class=UnversionedRoute, include_in_schema=False)


@unversioned.get("")
@router.get("", summary="A short summary")
@operation(Permission.PUBLIC)
async def health(runtime: RuntimeDep) -> dict[str, Any]:
    """Status and version of the service."""
    return await summary(runtime)


@unversioned.get("/live")
@router.get("/live", summary="Is the process alive?")
@operation(Permission.PUBLIC)
async def live() -> dict[str, Any]:
    """Touches nothing: an orchestrator restarts the process when this fails."""
    return {"status": "ok"}


@unversioned.get("/ready")
@router.get("/ready", summary="May traffic come here?")
@operation(Permission.PUBLIC, problems=("not-ready",))
async def ready(runtime: RuntimeDep) -> dict[str, Any]:
    """The database answers with a schema that this version serves on, and nothing is draining."""
    return await check_ready(runtime)
