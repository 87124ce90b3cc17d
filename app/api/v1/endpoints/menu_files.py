"""The menu as a file: to carry it to another store, to edit it in a spreadsheet, to move in."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from app.api.files import file_response, wanted_format
from app.api.operation import FileBody, operation
from app.api.route import OperationRoute
from app.core.dependencies.menu_files import MenuExportDep, MenuImportDep
from app.core.dependencies.request import UploadDep
from app.core.security.permissions import Permission
from app.schemas.menu_file import ExportFilter, ImportFilter, ImportOutput, MenuFile

router = APIRouter(prefix="/menu", tags=["Menu"], route_class=OperationRoute)

TABLE = "category,name:ko,name:en,price\r\n찌개,김치찌개,Kimchi stew,9000\r\n"
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MENU_FILES = FileBody(
    {"application/json": MenuFile, "text/csv": TABLE},
    32 * 1024 * 1024,
    # What Windows announces for .csv where Excel is installed is a workbook's type. A workbook
    # itself is let in to be told what to do.
    also=dict.fromkeys(
        ("application/vnd.ms-excel", "text/tab-separated-values", "application/csv", _WORKBOOK),
        "text/csv",
    ),
    suffixes=dict.fromkeys((".csv", ".tsv", ".txt", ".xls", ".xlsx"), "text/csv")
    | {".json": "application/json"},
)
CSV = {"text/csv": {"schema": {"type": "string"}, "example": TABLE}}


@router.get(
    "/export",
    summary="Export the menu",
    response_model=MenuFile,
    responses={200: {"content": CSV}},
)
@operation(Permission.MENU_EXPORT, replica=True)
async def export_menu(
    wanted: Annotated[ExportFilter, Query()],
    exporting: MenuExportDep,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """All of it, without ids: the same menu gives the same bytes in any store.

    As JSON, or as CSV where `format` or `Accept` asks for it.
    """
    return file_response(await exporting.export(wanted.format or wanted_format(accept)))


@router.post("/import", summary="Import a menu")
@operation(
    Permission.MENU_MANAGE,
    problems=("menu-file-invalid",),
    idempotency="accepted",
    body=MENU_FILES,
)
async def import_menu(
    wanted: Annotated[ImportFilter, Query()], upload: UploadDep, importing: MenuImportDep
) -> ImportOutput:
    """JSON as exported, the same as CSV, or the item library that Square exports as CSV.

    Things are found again by `external_ref` and `key`, then by name. What the file doesn't name
    stays, unless `archive_missing` is true. What is there already stays as available as staff have
    it, with a warning where the file says otherwise, unless `set_availability` is true. All of the
    file is imported or nothing of it.
    """
    return await importing.import_file(upload, wanted)
