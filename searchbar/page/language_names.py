"""What languages call themselves, after Unicode's CLDR."""

from __future__ import annotations

_NAMES = """ar العربية|az azərbaycan|be беларуская|bg български|bn বাংলা|ca català|cs čeština|da dansk
    |de Deutsch|el Ελληνικά|en English|es español|et eesti|eu euskara|fa فارسی|fi suomi|fr français
    |gl galego|he עברית|hi हिन्दी|hr hrvatski|hu magyar|id Indonesia|is íslenska|it italiano
    |ja 日本語|kk қазақ тілі|ko 한국어|lt lietuvių|lv latviešu|nb norsk bokmål|nl Nederlands
    |no norsk|pl polski|pt português|ro română|ru русский|sk slovenčina|sl slovenščina|sr српски
    |sv svenska|ta தமிழ்|th ไทย|tr Türkçe|uk українська|ur اردو|vi Tiếng Việt|zh 中文"""
NAMES = dict(each.strip().split(" ", 1) for each in _NAMES.split("|"))


def language_name(code: str) -> str:
    """The name of a language in itself; its code where it is not known."""
    return NAMES.get(code.lower(), code)
