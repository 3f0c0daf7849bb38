"""The days of a person: which date it is for them, and when their day ends. Without Django."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

NOT_ZONES = frozenset({"localtime", "Factory", "posixrules", "leapseconds", "leap-seconds", "posix", "right"})
"Files beside the zones of some systems. What they mean depends on the machine."


def find_zone(name: str) -> ZoneInfo | None:
    """Return a time zone by its name, or None if this machine does not know it."""
    try:
        return None if name in NOT_ZONES else ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name, or a folder of zones such as "America"
        return None


def zone_or_utc(name: str) -> ZoneInfo:
    """Return a time zone by its name, or UTC: an upgrade of the system may drop a zone that is stored."""
    return find_zone(name) or ZoneInfo("UTC")


def day_at(now: datetime, zone: ZoneInfo) -> tuple[date, datetime]:
    """Return the date of a moment in a zone, and the moment in UTC when that day ends."""
    day = now.astimezone(zone).date()
    return day, end_of(day, zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment in UTC when a day ends in a zone; where the clocks jump over midnight, at the jump."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
