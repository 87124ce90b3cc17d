"""Live events: tailing the log of each store somebody listens to, and fanning it out.

The event row is written in its transaction; the wake-up is sent after the commit and is only a
hint: every worker also looks by itself, so a lost hint costs milliseconds and never an event.
"""

from app.core.events.hub import EventHub, Subscription
from app.core.events.record import EventRecord
from app.core.events.source import EventSource, Head

__all__ = ["EventHub", "EventRecord", "EventSource", "Head", "Subscription"]
