"""Month names of several languages, and the days that are written with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime

# German, French, Spanish, Italian, Portuguese, Dutch, Russian, Polish, Turkish; a line a month.
_NAMES = """
januar janner jan janvier janv enero ene gennaio gen janeiro januari января янв stycznia ocak
februar feb fevrier fevr febrero febbraio febr fevereiro fev februari февраля фев lutego subat
marz mrz mars marzo mar marco maart mrt марта мар marca mart
april apr avril avr abril abr aprile апреля апр kwietnia nisan
mai maja mayo may maggio mag maio mei мая mayis
juni jun juin junio giugno giu junho июня июн czerwca haziran
juli jul juillet juil julio luglio lug julho июля июл lipca temmuz
august aug aout agosto ago augustus августа авг sierpnia agustos
september sep sept septembre septiembre settembre set setembro сентября сен wrzesnia eylul
oktober okt octobre oct octubre ottobre ott outubro out октября окт pazdziernika ekim
november nov novembre noviembre novembro ноября ноя listopada kasim
dezember dez decembre dec diciembre dic dicembre dezembro december декабря дек grudnia aralik
"""
_MONTHS = {
    name: month
    for month, line in enumerate(_NAMES.strip().splitlines(), 1)
    for name in line.split()
}
_DAY = re.compile(
    r"([0-9]{1,2})(?:\.|er|º|°)?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+|del\s+)?([0-9]{4})(?:\s*г\.)?"
)
# The signs for year, month and day, in Chinese and Japanese, and in Korean, which writes dots, too.
_SIGNS = re.compile(
    r"([0-9]{4})\s*[年년.]\s*([0-9]{1,2})\s*[月월.]\s*([0-9]{1,2})\s*(?:[日일]|\.?)"
)


def day_with_a_name(written: str) -> datetime | None:
    """The day of `3 mars 2026`, `3. März 2026` or `3 de marzo de 2026`; None for anything else."""
    match = _DAY.fullmatch(written)
    month = _MONTHS.get(_bare(match[2])) if match else None
    return _day((match[3], str(month), match[1])) if match and month else None


def day_with_signs(written: str) -> datetime | None:
    """The day of `2026年3月5日`, `2026년 3월 5일` or `2026. 3. 5.`; None for anything else."""
    match = _SIGNS.fullmatch(unicodedata.normalize("NFC", written))
    return _day(match.groups()) if match else None


def _bare(name: str) -> str:
    """A name in small letters without accents; `ı` is an `i`."""
    decomposed = unicodedata.normalize("NFKD", name.casefold()).replace("\u0131", "i")
    return "".join(letter for letter in decomposed if letter.isalpha())


def _day(year_month_day: Sequence[str]) -> datetime | None:
    try:
        return datetime(*map(int, year_month_day))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
