"""All endpoints under `/api/v1`; the busiest first, since routes are matched in order."""

from fastapi import APIRouter

from app.api.v1.endpoints import (
    api_keys,
    areas,
    auth,
    events,
    health,
    menu,
    orders,
    sessions,
    store,
    stream_tickets,
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
    store,
    api_keys,
    stream_tickets,
    health,
):
    router.include_router(module.router)
