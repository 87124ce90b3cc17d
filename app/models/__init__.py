"""Importing this package registers every table on `Model.metadata`."""

from app.models.base import Model, StoreModel
from app.models.basket import BasketLine
from app.models.cancelling import CancelReasonList, LineCancellation
from app.models.credential import ApiKey, StreamTicket, Throttle
from app.models.job import JobRun
from app.models.menu import Availability, Category, Item, ItemOptionGroup, Option, OptionGroup
from app.models.menu_set import SetChoice, SetSlot
from app.models.order import Order, OrderLine, OrderLineOption, OrderStatus
from app.models.record import AuditEntry, Event, IdempotencyRecord
from app.models.service_request import (
    ServiceRequest,
    ServiceRequestItem,
    ServiceRequestStatus,
    ServiceRequestType,
)
from app.models.staff import RefreshToken, SignIn, Staff
from app.models.store import MenuClock, Store, StoreCounters, StoreDirectory
from app.models.table import (
    Area,
    Device,
    PairingCode,
    SessionStatus,
    SessionTable,
    Table,
    TableAccess,
    TableSession,
)

__all__ = [
    "ApiKey",
    "Area",
    "AuditEntry",
    "Availability",
    "BasketLine",
    "CancelReasonList",
    "Category",
    "Device",
    "Event",
    "IdempotencyRecord",
    "Item",
    "ItemOptionGroup",
    "JobRun",
    "LineCancellation",
    "MenuClock",
    "Model",
    "Option",
    "OptionGroup",
    "Order",
    "OrderLine",
    "OrderLineOption",
    "OrderStatus",
    "PairingCode",
    "RefreshToken",
    "ServiceRequest",
    "ServiceRequestItem",
    "ServiceRequestStatus",
    "ServiceRequestType",
    "SessionStatus",
    "SessionTable",
    "SetChoice",
    "SetSlot",
    "SignIn",
    "Staff",
    "Store",
    "StoreCounters",
    "StoreDirectory",
    "StoreModel",
    "StreamTicket",
    "Table",
    "TableAccess",
    "TableSession",
    "Throttle",
]
