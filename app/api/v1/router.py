"""All endpoints under `/api/v1`; the busiest first, since routes are matched in order."""

from fastapi import FastAPI

from app.api.v1.endpoints import (
    api_keys,
    areas,
    audit,
    auth,
    devices,
    events,
    guests,
    health,
    menu,
    menu_files,
    orders,
    sessions,
    staff,
    store,
    stream_tickets,
    table_access,
    tables,
)

PREFIX = "/api/v1"
MODULES = (
    orders,
    menu,
    tables,
    events,
    sessions,
    auth,
    areas,
    staff,
    audit,
    api_keys,
    devices,
    guests,
    table_access,
    menu_files,
    store,
    stream_tickets,
    health,
)


def install(app: FastAPI) -> None:
    """Include the endpoint modules, each by itself: FastAPI builds all routes anew per level."""
    for module in MODULES:
        app.include_router(module.router, prefix=PREFIX)
