"""Answers that are files."""

from typing import Literal

from fastapi import Response

from app.services.menu_files.exporting import ExportedFile


def wanted_format(accept: str | None) -> Literal["json", "csv"]:
    """CSV for who asks for it and not, at least as much, for JSON (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for part in (accept or "").lower().split(","):
        name, *parameters = (one.strip() for one in part.split(";"))
        given = [one.removeprefix("q=") for one in parameters if one.startswith("q=")]
        try:
            weights[name] = float(given[0]) if given else 1.0
        except ValueError:
            weights[name] = 0.0
    anything = max(weights.get("*/*", 0.0), 0.0)
    as_json = max(weights.get("application/json", 0.0), weights.get("application/*", anything))
    as_csv = max(weights.get("text/csv", 0.0), weights.get("text/*", 0.0))
    return "csv" if as_csv > as_json else "json"


def file_response(file: ExportedFile) -> Response:
    """The file with its name; browsers save it and show it nowhere."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Vary": "Accept"}
    return Response(file.content, headers=headers, media_type=file.media_type)
