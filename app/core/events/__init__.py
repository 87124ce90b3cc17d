"""Live events: tailing the log of each store somebody listens to, and fanning it out.

The event row is written in its transaction; the wake-up is sent after the commit and is only a
hint: every worker also looks by itself, so a lost hint costs milliseconds and never an event.
"""

from app.core.events.hub import EventHub
from app.core.events.record import EventRecord
from app.core.events.source import EventLog, EventSource, Head
from app.core.events.subscription import Subscription

__all__ = ["EventHub", "EventLog", "EventRecord", "EventSource", "Head", "Subscription"]
