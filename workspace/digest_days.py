"""For which day a digest is due. Pure."""

from datetime import date, datetime, timedelta

MORNING = 7
"The local hour from which on a digest may be sent, on any day of the week."


def digest_day(rhythm: str, local: datetime) -> date | None:
    """
    Return the day whose digest may be sent at a moment: today, or this week's Monday; None before the morning.

    Later on that day, or in that week, it is still due: the schedule may have been away in the morning.

    :param rhythm: `daily` or `weekly`; any other is never due
    :param local: the moment in the person's time zone
    """
    today = local.date()
    if local.hour < MORNING or rhythm not in ("daily", "weekly"):
        return None
    return today if rhythm == "daily" else today - timedelta(days=today.weekday())
