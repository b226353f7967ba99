"""From a configured schedule to the one that the session layer reckons with."""

from gateway.settings import FixSession
from protocols.fix.schedule import Schedule


def schedule_of(session: FixSession) -> Schedule | None:
    """Return when ``session`` is open; ``None``: always."""
    times = session.schedule
    if times is None:
        return None
    return Schedule(
        start=times.opens,
        end=times.closes,
        time_zone=times.zone,
        days=times.weekdays,
        end_day=times.end_weekday,
    )
