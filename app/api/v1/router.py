"""All endpoints under `/api/v1`; the busiest first, since routes are matched in order."""

from fastapi import FastAPI

from app.api.v1.endpoints import (
    api_keys,
    areas,
    audit,
    auth,
    basket,
    cancel_reasons,
    code_lists,
    devices,
    events,
    guests,
    health,
    item_images,
    menu,
    menu_arranging,
    menu_files,
    menu_prices,
    menu_sets,
    orders,
    reorders,
    seat_changes,
    service_request_types,
    service_requests,
    sessions,
    staff,
    store,
    stream_tickets,
    table_access,
    tables,
)

MODULES = (
    orders,
    menu,
    item_images,
    menu_arranging,
    menu_sets,
    code_lists,
    tables,
    events,
    sessions,
    basket,
    seat_changes,
    service_requests,
    service_request_types,
    reorders,
    cancel_reasons,
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
    menu_prices,
    stream_tickets,
    health,
)


def install(app: FastAPI) -> None:
    """Put the endpoints into the application.

    Not by `include_router`, which builds every route a second time: a tenth of the start.
    """
    for module in MODULES:
        app.router.routes.extend(module.router.routes)
