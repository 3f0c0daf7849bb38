"""The days of a person: pure rules at midnight, at changes of the clock, and when a person changes their zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from annotation.days import day_at, find_zone, zone_or_utc
from annotation.session import hours_and_minutes, today_of
from tests.cases import cases


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@cases(
    ("now", "zone", "day", "ends_at"),
    [
        ("2026-01-01T20:00", "UTC", "2026-01-01", "2026-01-02T00:00"),
        ("2026-01-01T20:00", "Asia/Tokyo", "2026-01-02", "2026-01-02T15:00"),
        ("2026-01-01T20:00", "Pacific/Niue", "2026-01-01", "2026-01-02T11:00"),
        ("2026-01-01T09:59", "Pacific/Kiritimati", "2026-01-01", "2026-01-01T10:00"),
        ("2026-01-01T10:00", "Pacific/Kiritimati", "2026-01-02", "2026-01-02T10:00"),
        ("2026-01-01T20:00", "Asia/Kathmandu", "2026-01-02", "2026-01-02T18:15"),
        # Clocks go forward in the night: a day of 23 hours; and back: one of 25.
        ("2026-03-29T12:00", "Europe/Berlin", "2026-03-29", "2026-03-29T22:00"),
        ("2026-03-28T23:30", "Europe/Berlin", "2026-03-29", "2026-03-29T22:00"),
        ("2026-10-24T22:30", "Europe/Berlin", "2026-10-25", "2026-10-25T23:00"),
        # Clocks go forward at midnight, so the next day begins at one; and back at midnight, so 23:00 comes twice.
        ("2024-04-25T12:00", "Africa/Cairo", "2024-04-25", "2024-04-25T22:00"),
        ("2024-04-25T22:00", "Africa/Cairo", "2024-04-26", "2024-04-26T21:00"),
        ("2024-10-31T20:30", "Africa/Cairo", "2024-10-31", "2024-10-31T22:00"),
        ("2024-10-31T21:30", "Africa/Cairo", "2024-10-31", "2024-10-31T22:00"),
        ("2026-04-04T20:00", "Australia/Lord_Howe", "2026-04-05", "2026-04-05T13:30"),
        # A date that Samoa never had.
        ("2011-12-30T09:30", "Pacific/Apia", "2011-12-29", "2011-12-30T10:00"),
        ("2011-12-30T10:00", "Pacific/Apia", "2011-12-31", "2011-12-31T10:00"),
        ("2028-02-28T23:59", "UTC", "2028-02-28", "2028-02-29T00:00"),
        ("2028-02-29T12:00", "UTC", "2028-02-29", "2028-03-01T00:00"),
        ("2027-12-31T15:30", "Asia/Tokyo", "2028-01-01", "2028-01-01T15:00"),
        ("2027-12-31T23:59", "UTC", "2027-12-31", "2028-01-01T00:00"),
    ],
)
def test_day_ends_at_the_next_midnight_of_its_zone(now, zone, day, ends_at):
    assert day_at(at(now), ZoneInfo(zone)) == (date.fromisoformat(day), at(ends_at))


BERLIN, TOKYO, APIA, HONOLULU = map(ZoneInfo, ("Europe/Berlin", "Asia/Tokyo", "Pacific/Apia", "Pacific/Honolulu"))
THIRD, ITS_END = date(2026, 1, 3), at("2026-01-03T23:00")  # the third of January in Berlin


@cases("zone", [BERLIN, TOKYO, APIA, HONOLULU])
@cases("now", ["2026-01-02T23:00", "2026-01-03T10:00", "2026-01-03T22:59:59.999999"])
def test_day_that_has_begun_ends_when_it_was_to_end(zone, now):
    assert today_of(at(now), zone, THIRD, ITS_END, 7) == (THIRD, ITS_END, 7)


@cases(
    ("zone", "today", "ends_at", "votes"),
    [
        (BERLIN, "2026-01-04", "2026-01-04T23:00", 0),
        (TOKYO, "2026-01-04", "2026-01-04T15:00", 0),
        (APIA, "2026-01-04", "2026-01-04T11:00", 0),
        (HONOLULU, "2026-01-03", "2026-01-04T10:00", 7),  # it is the third there, still
    ],
)
def test_next_day_is_of_the_zone_chosen_meanwhile(zone, today, ends_at, votes):
    assert today_of(ITS_END, zone, THIRD, ITS_END, 7) == (date.fromisoformat(today), at(ends_at), votes)


def test_day_that_has_not_begun_where_somebody_went_ends_there_all_the_same():
    ended, there = at("2026-01-03T10:00"), ZoneInfo("Pacific/Pago_Pago")  # from Kiritimati, to the second there
    assert today_of(ended, there, THIRD, ended, 7) == (THIRD, at("2026-01-04T11:00"), 7)


def test_no_hopping_between_zones_gains_more_than_two_days():
    """However somebody changes their zone, every date comes once."""
    zones, now, end = [HONOLULU, APIA, TOKYO, BERLIN], at("2026-01-01T00:00"), at("2026-02-01T00:00")
    day, ends_at, days = None, None, set()
    while now < end:
        for zone in zones:
            day, ends_at, _ = today_of(now, zone, day, ends_at, 0)
            days.add(day)
        now += timedelta(minutes=30)
    assert 31 <= len(days) <= 33


@cases("name", ["", "Mars/Olympus", "America", "../etc", "/etc", "a\0b", "x" * 5000, "é"])
def test_name_that_is_no_zone_is_utc(name):
    assert find_zone(name) is None
    assert zone_or_utc(name).key == "UTC"


@cases(
    ("seconds", "said"),
    [
        (0, "1 min"),
        (1, "1 min"),
        (60, "1 min"),
        (61, "2 min"),
        (3600, "1 h 0 min"),
        (86_399, "24 h 0 min"),
        (-5, "1 min"),
    ],
)
def test_wait_is_said_in_hours_and_minutes(seconds, said):
    assert hours_and_minutes(timedelta(seconds=seconds)) == said
