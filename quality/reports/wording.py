"""Numbers, dates and enumerations in words, for the sentences of the quality pages. Pure."""

from datetime import date

FEW_WITH_MAJORITY = "too few of their dialogues have a majority of people"
NO_TWO_VARY = "no two of them are sometimes right and sometimes wrong"


def decimals(value: float) -> str:
    """Return a figure with two decimals and a minus sign, as in `−0.25`; never `-0.00`."""
    text = f"{value:.2f}"
    return "0.00" if text == "-0.00" else text.replace("-", "−")


def percent(share: float) -> str:
    """Return a share in per cent, as in `52 %`; what is not all or nothing never reads 0 or 100 %."""
    rounded = round(share * 100)
    if 0 < share < 1 and rounded in (0, 100):
        return "less than 1 %" if rounded == 0 else "more than 99 %"
    return f"{rounded} %"


def fine_percent(share: float) -> str:
    """Return a share in per cent, with one decimal below 10 %, as in `3.4 %`."""
    if 0 < share < 0.0005:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 else percent(share)


def percent_range(low: float, high: float) -> str:
    """Return an interval of shares, as in `2.1 to 4.8 %`."""
    ends = [f"{100 * each:.{0 if high >= 0.0995 else 1}f}" for each in (low, high)]
    return f"{ends[0]} to {ends[1]} %"


def day(iso: str) -> str:
    """Return a date in words, as in `16 Mar 2026`."""
    return f"{date.fromisoformat(iso):%-d %b %Y}"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(parts: list[str]) -> str:
    """Return parts as an enumeration, as in `a, b and c`."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def unknown_reason(errors_items: int) -> str:
    """
    Return why the errors of jurors have no correlation.

    :param errors_items: how many dialogues have a majority of people to hold the jurors against
    """
    return FEW_WITH_MAJORITY if errors_items < 2 else NO_TWO_VARY
