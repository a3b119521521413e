"""Dates, deadlines, numbers, sizes and durations as people write them in Vietnamese and in English."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from zoneinfo import ZoneInfo

Number = Decimal | str | int
DEFAULT_TIMEZONE = "Asia/Ho_Chi_Minh"
NOTHING = "–"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SWAP_SEPARATORS = str.maketrans(",.", ".,")
_UNITS_OF_SIZE = ("B", "KB", "MB", "GB", "TB")


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def in_zone(moment: datetime, tz: str | tzinfo = DEFAULT_TIMEZONE) -> datetime:
    """The aware `moment` in the time zone `tz`; a naive one is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be shown")
    return moment.astimezone(_zone(tz) if isinstance(tz, str) else tz)


def format_date(day: date | datetime | None, locale: str, tz: str | tzinfo = DEFAULT_TIMEZONE) -> str:
    """`01/04/2024` in Vietnamese, `1 Apr 2024` in English."""
    if day is None:
        return NOTHING
    local = in_zone(day, tz) if isinstance(day, datetime) else day
    if locale == "vi":
        return f"{local.day:02}/{local.month:02}/{local.year:04}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def format_datetime(moment: datetime | None, locale: str, tz: str | tzinfo = DEFAULT_TIMEZONE) -> str:
    """`24/11/2026 08:30` in Vietnamese, `24 Nov 2026 08:30` in English."""
    if moment is None:
        return NOTHING
    local = in_zone(moment, tz)
    return f"{format_date(local.date(), locale)} {local:%H:%M}"


def format_clock(moment: datetime | None, tz: str | tzinfo = DEFAULT_TIMEZONE) -> str:
    """The time of day alone, `08:30`, the same in both languages."""
    return NOTHING if moment is None else f"{in_zone(moment, tz):%H:%M}"


def format_deadline(moment: datetime | None, locale: str, tz: str | tzinfo = DEFAULT_TIMEZONE) -> str:
    """A deadline as contest rules write it: midnight is 24h00 of the day before, with the exact moment beside it."""
    if moment is None:
        return NOTHING
    local = in_zone(moment, tz)
    day = format_date(local.date(), locale)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        eve = format_date(local.date() - timedelta(days=1), locale)
        if locale == "vi":
            return f"24h00 ngày {eve} (00:00 ngày {day})"
        return f"24:00 on {eve} (00:00 on {day})"
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{clock} ngày {day}" if locale == "vi" else f"{clock} on {day}"


def format_zone(moment: datetime, tz: str | tzinfo = DEFAULT_TIMEZONE) -> str:
    """How the clock of `tz` stands to UTC at `moment`, as people name it: `GMT+7`, `GMT+5:30`, `GMT`."""
    minutes = int((in_zone(moment, tz).utcoffset() or timedelta()).total_seconds()) // 60
    if minutes == 0:
        return "GMT"
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}"


def format_zone_words(moment: datetime, locale: str, tz: str = DEFAULT_TIMEZONE) -> str:
    """The zone as people say it, `giờ Việt Nam, GMT+7`; one that has no common name by its own."""
    name = "" if tz != DEFAULT_TIMEZONE else "Việt Nam" if locale == "vi" else "Vietnam"
    city = tz.rpartition("/")[2].replace("_", " ")
    if locale == "vi":
        return f"giờ {name or city}, {format_zone(moment, tz)}"
    return f"{name or city} time, {format_zone(moment, tz)}"


def format_number(value: Number | None, locale: str, decimals: int | None = None) -> str:
    """`1.234,56` in Vietnamese, `1,234.56` in English; exact, half up when `decimals` asks for fewer digits."""
    if value is None:
        return NOTHING
    exact = Decimal(value)
    if decimals is not None:
        exact = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{exact:,f}"
    return text.translate(_SWAP_SEPARATORS) if locale == "vi" else text


def places(values: Iterable[Number | None]) -> int:
    """How many decimals a column needs so that no digit of its numbers is lost: 1 for 70.0 and 79.5, 0 for 70.0 alone."""
    exponents = (Decimal(value).normalize().as_tuple().exponent for value in values if value is not None)
    return max((-exponent for exponent in exponents if isinstance(exponent, int) and exponent < 0), default=0)


def format_bytes(size: int | None, locale: str) -> str:
    """A size in binary units with one decimal from KB up: `10,5 MB`."""
    if size is None:
        return NOTHING
    scaled, unit = Decimal(size), 0
    while scaled >= 1024 and unit < len(_UNITS_OF_SIZE) - 1:
        scaled, unit = scaled / 1024, unit + 1
    tenths = scaled.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    decimals = 0 if tenths == tenths.to_integral_value() else 1
    return f"{format_number(tenths, locale, decimals)} {_UNITS_OF_SIZE[unit]}"


def format_duration(span: timedelta | int, locale: str) -> str:
    """A length of time, to the minute: `2 ngày 04:15`; below an hour `15 phút`, below a minute `40 giây`."""
    seconds = abs(int(span.total_seconds() if isinstance(span, timedelta) else span))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    vietnamese = locale == "vi"
    if days:
        unit = "ngày" if vietnamese else ("day" if days == 1 else "days")
        return f"{days} {unit} {hours:02}:{minutes:02}"
    if hours:
        unit = "giờ" if vietnamese else "h"
        return f"{hours} {unit} {minutes:02} {'phút' if vietnamese else 'min'}"
    if minutes:
        return f"{minutes} {'phút' if vietnamese else 'min'}"
    return f"{seconds} {'giây' if vietnamese else 's'}"


def format_remaining(span: timedelta | int, locale: str) -> str:
    """What is left until a deadline, `còn 2 ngày 04:15`, or how long ago it passed, `đã qua 15 phút`."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    text = format_duration(span, locale)
    if seconds > 0:
        return f"còn {text}" if locale == "vi" else f"{text} left"
    return f"đã qua {text}" if locale == "vi" else f"{text} ago"
