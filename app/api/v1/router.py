"""All endpoints under `/api/v1`; the busiest first, since routes are matched in order."""

from fastapi import APIRouter

from app.api.v1.endpoints import (
    areas,
    auth,
    devices,
    events,
    guests,
    health,
    menu,
    orders,
    sessions,
    store,
    table_access,
    tables,
)

router = APIRouter(prefix="/api/v1")
for module in (
    orders,
    menu,
    tables,
    events,
    sessions,
    auth,
    areas,
    devices,
    guests,
    table_access,
    store,
    health,
):
    router.include_router(module.router)
