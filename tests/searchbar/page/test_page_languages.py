"""The page in the visitor's language: which one is sent, that nothing is said in another, and from
right to left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from release_format.config.server import ServerSettings
from release_format.fields import Field, FieldType, Rank, Schema
from release_format.items import Item
from release_format.release import Release
from searchbar.engine import Engine
from searchbar.errors import Cause, SearchError
from searchbar.http.app import create_app
from searchbar.page.locale import MESSAGES
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, becomes, settled
from .test_page_cut import LEVELS
from .test_page_everywhere import SEEN, WIDE

# Whatever the catalogue says is in this script, and whatever the page says is not.
LAMP = "настольная лампа"
SCHEMA = Schema(
    {
        field.name: field
        for field in (
            Field("price", FieldType.NUMBER, label="Цена", unit="€",
                  filter=True, sort=True, facet=True, show=1),
            Field("maker", FieldType.KEYWORD, label="Марка",
                  filter=True, sort=True, facet=True, show=2),
            Field("stock", FieldType.BOOLEAN, label="Склад",
                  filter=True, sort=True, facet=True, show=3),
            Field("day", FieldType.DATE, label="Год", filter=True, sort=True, facet=True, show=4),
            Field("style", FieldType.KEYWORD, label="Вид", filter=True, facet=True),
        )
    },
    group_by="style",
    rank=Rank("-price"),
)  # fmt: skip


def thing(n: int) -> Item:
    """The n-th of 44: lamps for a desk, and anvils."""
    fields = {
        "price": 1250.5 + 10 * n,
        "maker": f"Завод {n % 15}",
        "stock": n % 4 > 1,
        "day": f"{2020 + n % 5}-{1 + n % 12:02}-05",
        "style": f"вид {n - n % 2}",
    }
    title, text = ("Настольная лампа", "Лампа для чтения.") if n < 24 else ("Наковальня", "Сталь.")
    topic, url = "свет" if n < 24 else "кузница", f"https://127.0.0.1/{n}"
    return Item(
        f"{n:02}", f"{title} {n}", text, (topic,), url,
        language="ru", updated_at="2025-01-02", extra=fields,
    )  # fmt: skip


@pytest.fixture(scope="module")
def things(make_release: MakeRelease) -> Release:
    return make_release([thing(n) for n in range(44)], schema=SCHEMA, levels=LEVELS)


@pytest.fixture(scope="module")
def shop(things: Release, serve_site: ServeSite) -> Iterator[Site]:
    """In the language of whoever comes."""
    with serve_site(things, SEARCHBAR_TITLE="Лавка") as site:
        yield site


def wrapped(message: Any) -> Any:
    """A message of the made-up language: in brackets, and longer than any language is."""
    if isinstance(message, dict):
        return {form: wrapped(text) for form, text in message.items()}
    return f"⟦{message} {'ועוד ' * (len(message) // 12)}⟧"


def made_up(folder: Path) -> Path:
    """Messages of English, and of a language from right to left that nobody speaks."""
    english = (MESSAGES / "en.json").read_text(encoding="utf-8")
    table = json.loads(english)
    table["messages"] = {
        group: {name: wrapped(message) for name, message in messages.items()}
        for group, messages in table["messages"].items()
    }
    table |= {"lang": "en-XB", "dir": "rtl", "intl": "ru"}
    table["number"] |= {"decimal": ",", "group": "\u00a0", "unit_first": ""}
    table["date"] = {
        "months": [f"м{month}" for month in range(1, 13)],
        "day": "{day} {month} {year}\u202fг.",
        "month": "{month} {year}\u202fг.",
    }
    (folder / "en.json").write_text(english, encoding="utf-8")
    (folder / "en-XB.json").write_text(json.dumps(table), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def strange(
    things: Release, serve_site: ServeSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The same shop in the made-up language."""
    messages = made_up(tmp_path_factory.mktemp("messages"))
    settings = {"SEARCHBAR_LOCALE": "en-XB", "SEARCHBAR_TITLE": "Лавка"}
    with serve_site(things, messages, SEARCHBAR_EXAMPLES=LAMP, **settings) as site:
        yield site


@pytest.mark.parametrize(
    ("accepted", "language", "says"),
    [
        ("", "en", "Best match"),
        ("de-AT,de;q=0.9,en;q=0.8", "de", "Beste Treffer"),
        ("pl, fr-CA;q=0.5", "fr", "Plus pertinents"),
        ("es-MX", "es", "Más relevantes"),
        ("tlh, *;q=0.1", "en", "Best match"),
        ('"><script>', "en", "Best match"),
    ],
)
def test_the_browser_chooses_the_language(
    shop: Site, accepted: str, language: str, says: str
) -> None:
    reply = shop.get(f"?q={LAMP}", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}" dir="ltr">' in reply.text
    assert says in reply.text
    assert reply.headers["content-language"] == language
    assert "Accept-Language" in reply.headers["vary"]
    assert reply.headers["cache-control"] == "no-cache"


def test_only_one_language_is_sent(shop: Site) -> None:
    texts = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["messages"]["home"]["keep"]
        for path in MESSAGES.glob("*.json")
    }
    for language, own in texts.items():
        text = shop.get("", headers={"Accept-Language": language}).text
        assert [other for other in texts.values() if other in text] == [own]
        assert len(text.encode()) < 20_000
    files = [
        shop.get(f"searchbar.{kind}", headers={"Accept-Language": "de"}) for kind in ("js", "css")
    ]
    assert not [text for text in texts.values() for file in files if text in file.text]
    assert all("Accept-Language" not in file.headers["vary"] for file in files)


def test_the_setting_chooses_for_everybody(things: Release, serve_site: ServeSite) -> None:
    with serve_site(things, SEARCHBAR_LOCALE="de") as site:
        for path in ("", "about", "gates", f"why?q={LAMP}"):
            reply = site.get(path, headers={"Accept-Language": "fr"})
            assert reply.headers["content-language"] == "de"
            assert "accept-language" not in reply.headers.get("vary", "").lower()


def test_a_language_that_the_page_does_not_speak_is_refused_at_the_start(tools: Engine) -> None:
    with pytest.raises(SearchError, match=r"'Klingon'.*de, en, es, fr") as refused:
        create_app(tools, ServerSettings(locale="Klingon"))
    assert refused.value.cause is Cause.BAD_SETTING


def test_reasons_and_endings_are_told_in_the_language(shop: Site) -> None:
    spanish = {"Accept-Language": "es"}
    reply = shop.get(f"why?q={LAMP}", headers=spanish)
    assert reply.json()["reasons"][0] == ["Encontrado por", "Contiene sus palabras."]
    assert "Accept-Language" in reply.headers["vary"]
    refused = shop.get(f"?q={'слово ' * 400}", headers=spanish)
    assert refused.status_code == 422
    assert "Esto no se puede preguntar así" in refused.text
    assert re.search(r'<p lang="en" dir="ltr">[^<]*characters', refused.text), "said in English"
    nothing = shop.get(f"?q={LAMP}&maker=x", headers=spanish).text
    assert "Sin <bdi>x</bdi> hay 12 resultados" in nothing


GERMAN = f"?q={LAMP}&price=1250..1500&stock=true&maker=!Завод 3&sort=price,-day"
SAME = [
    ("de-AT", GERMAN),
    *(
        pytest.param(language, state, marks=pytest.mark.proof)
        for language in ("fr", "es-MX", "de")
        for state in ("?q=&day=2021..2023-05", f"?q={LAMP}&maker=x&price=..5", "?like=03", GERMAN)
        if (language, state) != ("de", GERMAN)
    ),
]


@pytest.mark.parametrize(("language", "state"), SAME)
def test_without_javascript_the_same_is_said_in_the_language(
    shop: Site, visit: Visit, language: str, state: str
) -> None:
    without = visit(shop.url + state, locale=language, java_script_enabled=False)
    page = visit(shop.url + state, locale=language)
    page.wait_for_selector(".scripted")
    becomes(page, SEEN, without.evaluate(SEEN))


def test_a_result_keeps_its_own_language(shop: Site, visit: Visit) -> None:
    for scripted in (True, False):
        page = visit(f"{shop.url}?q={LAMP}", locale="de", java_script_enabled=scripted)
        hit = page.locator(".hit").first
        expect(hit.locator("h2 a")).to_have_attribute("lang", "ru")
        expect(hit.locator(".snippet")).to_have_attribute("lang", "ru")
        assert page.evaluate("document.documentElement.lang") == "de"
    expect(hit.locator(".money")).to_have_text(re.compile(r"Цена 1\.\d{3},50\u00a0€"))


SAID = """() => {
    const shown = document.querySelector(".searchbar").cloneNode(true);
    shown.querySelectorAll("script, code, [lang=en]").forEach((node) => node.remove());
    const said = [document.title, shown.textContent];
    for (const node of shown.querySelectorAll("*"))
        for (const name of ["aria-label", "title", "placeholder", "alt"])
            if (node.hasAttribute(name)) said.push(node.getAttribute(name));
    return said;
}"""


def foreign(said: list[str]) -> list[str]:
    """What is neither in the brackets of the made-up language nor the catalogue's."""
    left = []
    for text in said:
        rest = text
        while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", rest)) != rest:
            rest = shorter
        left += re.findall(r"[^\n]*(?:[A-Za-z]|⟦|⟧)[^\n]*", rest)
    return left


Look = Callable[[str], None]


@pytest.fixture
def looked(strange: Site, visit: Visit) -> Iterator[tuple[Page, Look]]:
    """A visitor of the made-up page, and what looks at each of its states."""
    page = visit(strange.url, quiet=False)
    by_state: dict[str, list[str]] = {}

    def look(state: str) -> None:
        said = page.evaluate(SAID)
        assert any("⟦" in text for text in said), state
        by_state[state] = foreign(said)

    yield page, look
    assert {state: left for state, left in by_state.items() if left} == {}


def test_nothing_is_said_in_another_language(looked: tuple[Page, Look]) -> None:
    page, look = looked
    expect(page.locator("html")).to_have_attribute("lang", "en-XB")
    look("home")
    ask(page, LAMP)
    expect(page.locator(".hit")).to_have_count(10)
    look("results")
    first = page.locator(".hit").first
    first.locator(".actions [aria-expanded]").click()
    first.locator("dl dt").first.wait_for()
    first.locator(".bad").click()
    page.locator(".more .plain").click()
    look("why, what is wrong, what is missing")
    first.locator(".reason button").click()
    first.locator(".actions button").first.click()
    look("thanks, copied")
    page.fill("#q", "")
    page.press("#q", "ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    look("suggestions")
    page.keyboard.press("Escape")
    page.locator("[name='find.maker']").fill("нет")
    expect(page.locator("fieldset .few", has_text="⟦Nothing")).to_be_visible()
    look("no such value")
    page.locator("[role=switch]").check()
    page.locator("[name='from.price']").fill("1260")
    page.locator("[name='from.price']").press("Tab")
    page.wait_for_url("**price=1260**")
    settled(page)
    look("filters in use")
    ask(page, f'"нигде такого" {LAMP}')
    look("not as quoted")


@pytest.mark.proof
@pytest.mark.parametrize(
    "state",
    [
        "?q=", "?q=&page=40", "?like=03", f"?q={LAMP}&cut=none&page=3", f"?q={LAMP}&maker=x",
        f"?q={LAMP}&maker=x&day=1999", "?q=zzzz", "?q=насттольная лампа", "?sort=price,-day",
        "?q=&maker=!Завод 1&stock=!true&price=..1300&day=2021..&find.maker=За", "?like=x",
        f"?q={'слово ' * 400}", "about", "gates",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scripted", [True, False])
def test_no_address_says_anything_in_another_language(
    strange: Site, visit: Visit, state: str, scripted: bool
) -> None:
    page = visit(strange.url + state, quiet=False, java_script_enabled=scripted)
    assert foreign(page.evaluate(SAID)) == []


@pytest.mark.proof
@pytest.mark.parametrize("status", [401, 409, 429, 500, 502, 503, 0, -1])
def test_no_ending_says_anything_in_another_language(
    looked: tuple[Page, Look], status: int
) -> None:
    page, look = looked

    def end(route: Route) -> None:
        if status > 0:
            route.fulfill(status=status, headers={"Retry-After": "3"}, body="{}")
        else:
            route.abort()

    ask(page, LAMP)
    page.context.set_offline(status < 0)
    page.route("**/search?*", end)
    page.locator(".more button").first.click()
    page.locator(".more .notice").wait_for()
    look("a notice")
    page.fill("#q", "лампа")
    page.keyboard.press("Enter")
    page.locator(".ending").wait_for()
    look("an ending")


@pytest.mark.proof
def test_what_is_slow_or_late_is_said_in_the_language(strange: Site, visit: Visit) -> None:
    page = visit(strange.url, quiet=False)
    page.evaluate(
        "() => { AbortSignal.timeout = () => AbortSignal.abort("
        "new DOMException('', 'TimeoutError')); }"
    )
    page.fill("#q", "лампа")
    page.keyboard.press("Enter")
    expect(page.locator(".ending h1")).to_contain_text("⟦No answer came")
    page = visit(strange.url, quiet=False)
    page.route("**/search?*", lambda _: None)
    page.fill("#q", "лампа")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("⟦This takes longer")
    assert foreign(page.evaluate(SAID)) == []


def test_what_is_said_in_another_language_is_found(looked: tuple[Page, Look]) -> None:
    page, _ = looked
    page.evaluate("document.querySelector('.all').append('More')")
    page.evaluate("document.querySelector('#q').ariaLabel = 'Find'")
    assert [text.strip() for text in foreign(page.evaluate(SAID))] == ["More", "Find"]
    assert foreign(["⟦a ⟦b⟧ c", "⟦Like ⟦x⟧ y⟧ 12"]) == ["⟦a  c"]


@pytest.mark.parametrize("width", [320, 1280])
def test_a_page_from_right_to_left(strange: Site, visit: Visit, width: int) -> None:
    page = visit(f"{strange.url}?q={LAMP}", viewport={"width": width, "height": 900})
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    for number, name in enumerate(("[aria-expanded]", ".bad")):
        hit = page.locator(".hit").nth(number)
        if width < 800:
            hit.locator(".menu").click()
        hit.locator(f".actions {name}").click()
    page.wait_for_selector("dl dt")
    assert page.evaluate(WIDE) <= 0
    middle = "e => { const { left, width } = e.getBoundingClientRect(); return left + width / 2; }"
    at = {
        name: page.locator(name).first.evaluate(middle) for name in (".brand", ".theme", "#ask svg")
    }
    assert at[".brand"] > at[".theme"], "the header begins on the right"
    assert at["#ask svg"] > page.locator("#q").evaluate(middle)
    half = "e => getComputedStyle(e, '::before').transform"
    badge = page.locator(".badge").first
    assert badge.evaluate(half) == "none", "half a circle, as the words of its result go"
    page.locator(".hit").first.evaluate("hit => { hit.dir = 'rtl'; }")
    assert badge.evaluate(half) == "matrix(-1, 0, 0, 1, 0, 0)"
    if width > 1000:
        bars, results = page.locator(".histogram").first, page.locator("#results")
        assert bars.evaluate("e => getComputedStyle(e).transform").startswith("matrix(-1,")
        first, last = (bars.locator("rect").nth(n).evaluate(middle) for n in (0, -1))
        assert first > last, "few on the right, as the two inputs below it"
        low, high = (
            page.locator(f"[name='{end}.price']").evaluate(middle) for end in ("from", "to")
        )
        assert low > high
        assert page.locator(".panel").evaluate(middle) > results.evaluate(middle)
    page.locator(".brand").click()
    assert page.evaluate(WIDE) <= 0


EMBEDDED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Shop</title>
<script src="{0}searchbar.js"></script><search-bar src="{0}" lang="fr"></search-bar></html>"""
SHADOW = """() => { const box = document.querySelector("search-bar").shadowRoot
    .querySelector(".searchbar"); return [box.lang, box.dir]; }"""


def test_an_embedded_box_says_its_language_itself(
    things: Release, serve_site: ServeSite, visit: Visit
) -> None:
    with serve_site(things, SEARCHBAR_ORIGINS="*") as site:
        page = visit(site.url, locale="de")
        page.route("**/embedding", lambda route: route.fulfill(
            body=EMBEDDED.format(site.url), content_type="text/html"))  # fmt: skip
        page.goto(f"{site.url}embedding")
        ask(page, LAMP)
        expect(page.locator("#results h1")).to_contain_text("12 résultats")
        assert page.evaluate(SHADOW) == ["fr", "ltr"]
        page.locator(".hit .actions [aria-expanded]").first.click()
        expect(page.locator("dl dt").first).to_have_text("Trouvé par")
        vary = httpx.get(site.url, headers={"Origin": "https://shop.example"}).headers["vary"]
        named = {part.strip().lower() for part in vary.split(",")}
        assert named <= {"accept-language", "accept-encoding", "origin"}
