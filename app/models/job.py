"""Jobs of the whole service: when each began last, so that one worker of all runs it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Model


class JobRun(Model):
    """The last run of a job; no store's data is here. `progress` says how far it has come."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(primary_key=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]]
