"""All endpoints under `/api/v1`; the busiest first, since routes are matched in order."""

from fastapi import FastAPI

from app.api.v1.endpoints import (
    areas,
    audit,
    auth,
    events,
    health,
    menu,
    orders,
    sessions,
    staff,
    store,
    tables,
)

PREFIX = "/api/v1"


def install(app: FastAPI) -> None:
    """Include the endpoint modules, each by itself: FastAPI builds all routes anew per level."""
    for module in (
        orders,
        menu,
        tables,
        events,
        sessions,
        auth,
        areas,
        staff,
        audit,
        store,
        health,
    ):
        app.include_router(module.router, prefix=PREFIX)
