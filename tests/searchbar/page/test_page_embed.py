"""The box on a page of another origin: its policy, width, colours, words and address, and what is
left where the server does not answer."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from release_format.fields import Schema
from searchbar.http.rendering import PAGE
from searchbar.page.locale import MESSAGES
from tests.searchbar.conftest import MakeRelease

from .conftest import KEY, ServeSite, Site, Visit, ask, becomes
from .foreign_page import ForeignPage, foreign_page
from .test_page_cards import FIELDS, jacket
from .test_page_everywhere import Violations

ROOT = Path(__file__).parents[3]
QUESTION = "rain jacket"
BOX = '<search-bar src="{0}" {1}></search-bar>'
SCRIPT = '<script src="{0}embed.js"></script>'
WIDER = """() => { const box = document.querySelector("search-bar"), edge = box.clientWidth;
    const left = box.getBoundingClientRect().left;
    return [...box.shadowRoot.querySelectorAll(".searchbar, #ask, .head, .head h1, .hit, footer, "
        + "#suggestions:not([hidden])")].filter((part) => part.checkVisibility()
        && (part.getBoundingClientRect().right > left + edge + 1 || part.offsetWidth < 40))
        .map((part) => part.outerHTML.slice(0, 80)); }"""
COLOURS = """() => { const box = document.querySelector("search-bar").shadowRoot
    .querySelector(".searchbar"); return getComputedStyle(box).backgroundColor; }"""
HEARD = """<script>
    const heard = [];
    for (const name of ["search", "select"]) addEventListener("searchbar:" + name, (event) => {
        const { q, question = q, filters, total, id, position } = event.detail;
        heard.push({ name, question, filters, total, id, position, on: event.target.localName });
        if (window.stays && name === "select") event.preventDefault();
    });
    const keys = [];
    addEventListener("keydown", (event) => { keys.push(event.key); });
</script>"""


@pytest.fixture(scope="module")
def host() -> Iterator[ForeignPage]:
    with foreign_page() as page:
        yield page


@pytest.fixture(scope="module")
def search(make_release: MakeRelease, serve_site: ServeSite, host: ForeignPage) -> Iterator[Site]:
    """A search server that the host may embed, whose pictures are the host's."""
    items = [jacket(n, f"{host.url}picture.svg?") for n in range(20)]
    schema = Schema({field.name: field for field in FIELDS})
    pictures = host.url.rstrip("/")
    with serve_site(
        make_release(items, schema=schema), SEARCHBAR_ORIGINS=host.url, SEARCHBAR_IMAGES=pictures
    ) as site:
        yield site


@pytest.fixture
def embed(host: ForeignPage, search: Site, visit: Visit) -> Any:
    """`embed(attributes, head=…, body=…, policy=…)`: a visitor of the host's page."""

    def go(attributes: str = "", head: str = "", body: str = BOX, **choices: Any) -> Page:
        policy = choices.pop("policy", "")
        head = SCRIPT.format(search.url) + head
        url = host.shows(body.format(search.url, attributes), head, policy)
        return visit(url + choices.pop("address", ""), also=search.url, **choices)

    return go


# ---- the policy that the docs tell


def told_policy(search: Site, host: ForeignPage) -> dict[str, str]:
    """What docs/page.md says that a host needs, with these two servers in it."""
    text = (ROOT / "docs/page.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"```text\nContent-Security-Policy: (.*?)\n```", text, re.DOTALL)
    told = told.replace("https://search.example", search.url.rstrip("/"))
    told = told.replace("https://pictures.example", host.url.rstrip("/"))
    pairs = (part.split(None, 1) for part in " ".join(told.split()).split("; "))
    return {pair[0]: pair[1] for pair in pairs}


def written(policy: dict[str, str]) -> str:
    strict = {"default-src": "'none'", "base-uri": "'none'", "object-src": "'none'", **policy}
    return "; ".join(" ".join(part) for part in strict.items())


def pictures_shown(page: Page) -> int:
    loaded = "all => all.filter((image) => image.naturalWidth > 0).length"
    return int(page.locator(".hit img").evaluate_all(loaded))


def test_a_strict_host_needs_the_policy_that_the_docs_tell_and_no_more(
    embed: Any, search: Site, host: ForeignPage
) -> None:
    told = told_policy(search, host)
    assert set(told) == {
        "script-src", "connect-src", "img-src", "form-action", "require-trusted-types-for",
        "trusted-types",
    }  # fmt: skip
    page = embed(policy=written(told))
    ask(page, QUESTION)
    expect(page.locator(".hit")).to_have_count(10)
    becomes(page, "() => document.querySelector('search-bar').shadowRoot"
            ".querySelector('.hit img').naturalWidth > 0", True)  # fmt: skip
    assert pictures_shown(page) > 0


@pytest.mark.proof
@pytest.mark.parametrize("without", ["script-src", "connect-src", "img-src"])
def test_without_a_part_of_that_policy_a_part_of_the_box_is_missing(
    embed: Any, search: Site, host: ForeignPage, without: str
) -> None:
    told = told_policy(search, host)
    del told[without]
    page = embed(policy=written(told), quiet=False, body=BOX.replace("></", "><p>Closed</p></"))
    if without == "img-src":
        ask(page, QUESTION)
        expect(page.locator(".hit span.picture")).to_have_count(10)
        assert pictures_shown(page) == 0
        return
    expect(page.get_by_text("Closed")).to_be_visible()
    expect(page.locator("#q")).to_have_count(0)
    if without == "connect-src":
        expect(page.get_by_role("status")).to_contain_text("cannot be reached")


# ---- its width


@pytest.mark.parametrize(
    ("width", "narrow"),
    [
        pytest.param(320, True, id="sidebar"),
        pytest.param(700, True, id="dialog", marks=pytest.mark.proof),
        pytest.param(1100, False, id="wide", marks=pytest.mark.proof),
    ],
)
def test_it_fits_the_room_that_it_has_and_not_the_window(
    embed: Any, width: int, narrow: bool
) -> None:
    tag = "dialog" if width == 700 else "div"
    page = embed(
        head="<style>html { font-size: 62.5%; text-align: center; letter-spacing: 3px }</style>",
        body=f'<{tag} style="width:{width}px;padding:0">{BOX}</{tag}>',
    )
    if tag == "dialog":
        page.evaluate("document.querySelector('dialog').showModal()")
    page.locator("#q").press_sequentially("rain ja")
    expect(page.get_by_role("option").first).to_be_visible()
    assert page.evaluate(WIDER) == []
    last = page.get_by_role("listbox").evaluate("e => e.getBoundingClientRect().bottom")
    if tag == "dialog":
        end = page.locator("dialog[open]").evaluate("e => e.getBoundingClientRect().bottom")
        assert last <= end, "the dialog cuts nothing off"
    ask(page, QUESTION)
    assert page.evaluate(WIDER) == []
    sheet = page.get_by_role("button", name="Filters")
    expect(page.locator(".facets")).to_be_hidden() if narrow else expect(sheet).to_be_hidden()
    styles = "e => [getComputedStyle(e).fontSize, getComputedStyle(e).letterSpacing]"
    assert page.locator("#q").evaluate(styles) == ["17px", "normal"]
    if narrow:
        sheet.click()
        page.get_by_role("checkbox", name="topic 2").check()
        page.get_by_role("button", name=re.compile(r"^Show \d+ results?$")).click()
        expect(page.locator(".chips li").first).to_have_text("Topic: topic 2")


# ---- its colours

LIGHT, DARK = "rgb(252, 251, 249)", "rgb(23, 23, 22)"
OWN = """<style>search-bar { --searchbar-accent: #a3004f; --searchbar-background: #fff8f0;
--searchbar-text: #332211; --searchbar-dark-background: #2b1d2b; --searchbar-dark-text: #f2e6f2 }
</style>"""


@pytest.mark.parametrize(
    ("attributes", "scheme", "system", "colour"),
    [
        ("", "normal", "dark", LIGHT),
        ('theme="dark"', "light", "light", DARK),
        *(
            pytest.param(*row, marks=pytest.mark.proof)
            for row in [
                ("", "dark", "light", DARK),
                ("", "light dark", "dark", DARK),
                ('theme="light"', "dark", "dark", LIGHT),
                ('theme="system"', "normal", "dark", DARK),
            ]
        ),
    ],
)
def test_it_has_the_colours_of_the_host_or_those_it_is_told(
    embed: Any, attributes: str, scheme: str, system: str, colour: str
) -> None:
    head = f"<style>:root {{ color-scheme: {scheme} }}</style>"
    page = embed(attributes, head, color_scheme=system)
    expect(page.locator("#q")).to_be_visible()
    assert page.evaluate(COLOURS) == colour
    expect(page.locator(".theme")).to_have_count(0)


@pytest.mark.proof
@pytest.mark.parametrize(("theme", "colour"), [("light", "rgb(255, 248, 240)"),
                                               ("dark", "rgb(43, 29, 43)")])  # fmt: skip
def test_everything_follows_the_hosts_colours_and_can_be_read(
    embed: Any, violations: Violations, theme: str, colour: str
) -> None:
    page = embed(f'theme="{theme}"', OWN)
    expect(page.locator("#q")).to_be_visible()
    assert page.evaluate(COLOURS) == colour
    found = violations(page)
    page.locator("#q").press_sequentially("rain ja")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    found += violations(page)
    page.keyboard.press("Escape")
    ask(page, QUESTION)
    page.get_by_role("checkbox", name="topic 2").check()
    expect(page.locator(".chips li").first).to_be_visible()
    page.locator(".hit").first.hover()
    found += violations(page)
    assert found == []
    if theme == "dark":
        page.evaluate("document.querySelector('search-bar').setAttribute('theme', 'light')")
        assert page.evaluate(COLOURS) == "rgb(255, 248, 240)"


# ---- where the server does not answer


@pytest.mark.proof
def test_a_server_that_is_away_leaves_a_form_and_its_return_the_box(
    search: Site, host: ForeignPage, serve_site: ServeSite, visit: Visit, violations: Violations
) -> None:
    with serve_site(search.release, SEARCHBAR_ORIGINS=host.url) as other:
        url = host.shows("<p></p>", SCRIPT.format(other.url) + OWN)
        page = visit(url, also=other.url, quiet=False, locale="de-AT")
        other.stop()
        page.evaluate("""(src) => { const box = document.createElement("search-bar");
            document.querySelector("p").after(box); box.setAttribute("theme", "dark");
            box.setAttribute("src", src); }""", other.url)  # fmt: skip
        expect(page.get_by_role("status")).to_contain_text("gerade nicht erreichbar")
        box = page.get_by_role("textbox", name="Suchen")
        assert page.locator("search-bar form").evaluate("form => form.action") == other.url
        assert violations(page) == []
        box.fill("rain")
        other.start()
        expect(page.locator("#q")).to_have_value("rain")
        expect(page.locator("#q")).to_be_focused()
        expect(page.get_by_role("option").first).to_be_visible()
        expect(page.locator(".form")).to_have_count(0)


def test_an_origin_that_is_not_allowed_gets_a_form_that_leads_there(
    site: Site, host: ForeignPage, visit: Visit
) -> None:
    heard: list[str] = []
    url = host.shows("", SCRIPT.format(site.url))
    page = visit(url, also=site.url, quiet=False)
    page.on("console", lambda message: heard.append(message.text))
    page.evaluate("""() => { const box = document.createElement("search-bar");
        box.setAttribute("placeholder", "Find tools"); document.body.append(box); }""")
    expect(page.get_by_role("status")).to_contain_text("opens it on its own")
    assert any(f"add {url.rstrip('/')} to its SEARCHBAR_ORIGINS" in text for text in heard)
    page.get_by_role("textbox", name="Find tools").fill("edit photos")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}?q=edit+photos")
    expect(page.locator(".hit").first).to_be_visible()


# ---- events and attributes


def test_the_host_hears_what_is_asked_and_chosen_and_may_open_it_itself(embed: Any) -> None:
    page = embed(head=HEARD)
    ask(page, QUESTION)
    page.get_by_role("checkbox", name="topic 2").check()
    expect(page.locator(".chips li").first).to_be_visible()
    page.evaluate("window.stays = true")
    url, link = page.url, page.locator(".hit h2 a").nth(1)
    chosen = str(page.locator(".hit").nth(1).get_attribute("id")).removeprefix("hit-")
    link.click()
    page.fill("#q", "")
    page.locator("#q").press_sequentially("rain ja")
    page.locator("#suggestions [data-kind=item]").first.click()
    assert page.url == url
    first, narrowed, selected, offered = page.evaluate("heard")
    assert (first["name"], first["question"], first["total"]) == ("search", QUESTION, 20)
    assert (narrowed["filters"], first["filters"]) == ({"topic": ["topic 2"]}, {})
    assert selected["name"] == offered["name"] == "select"
    assert (selected["id"], selected["position"], selected["question"]) == (chosen, 2, QUESTION)
    assert {each["on"] for each in (first, narrowed, selected, offered)} == {"search-bar"}
    assert "r" not in page.evaluate("keys"), "what is typed into the box is no key of the host's"


def test_its_attributes_say_how_many_where_and_what_stands_in_the_box(embed: Any) -> None:
    page = embed('limit="3" target="_blank" placeholder="Find a jacket"')
    box = page.get_by_role("combobox", name="Find a jacket")
    expect(box).to_have_attribute("placeholder", "Find a jacket")
    ask(page, QUESTION)
    expect(page.locator(".hit")).to_have_count(3)
    page.get_by_role("button", name="Load more").click()
    expect(page.locator(".hit")).to_have_count(6)
    links = page.locator(".hit h2 a")
    assert set(links.evaluate_all("all => all.map((a) => a.target + a.rel)")) == {"_blanknoopener"}
    page.evaluate("""() => { const box = document.querySelector("search-bar");
        box.setAttribute("placeholder", "Anything"); box.removeAttribute("target"); }""")
    expect(page.locator("#q")).to_have_attribute("placeholder", "Anything")
    expect(page.locator(".hit")).to_have_count(6)
    assert set(links.evaluate_all("all => all.map((a) => a.target)")) == {""}


# ---- the host's address


@pytest.mark.proof
def test_what_is_asked_is_in_the_hosts_address_where_it_is_wished(
    embed: Any, search: Site, visit: Visit
) -> None:
    page = embed('id="find" sync="hash"', body="<h2 id='terms'>Terms</h2>" + BOX, address="?shop=1")
    start = page.url
    ask(page, QUESTION)
    assert page.url == f"{start}#find?q=rain+jacket"
    page.get_by_role("checkbox", name="topic 2").check()
    expect(page.locator(".chips li").first).to_be_visible()
    shared = page.url
    assert shared == f"{start}#find?q=rain+jacket&topic=topic+2"
    page.go_back()
    expect(page.locator(".chips li")).to_have_count(0)
    page.go_back()
    expect(page.locator(".home")).to_be_visible()
    assert page.url == start
    page.go_forward()
    expect(page.locator("#q")).to_have_value(QUESTION)
    page.evaluate("location.hash = 'terms'")
    expect(page.locator(".home")).to_be_visible()
    other = visit(shared, also=search.url)
    expect(other.locator(".chips li").first).to_have_text("Topic: topic 2")
    other.get_by_role("link", name="Tools").click()
    assert other.url == start


@pytest.mark.proof
def test_without_the_wish_the_hosts_address_is_left_alone(embed: Any) -> None:
    page = embed(address="#?q=other")
    expect(page.locator(".home")).to_be_visible()
    url, steps = page.url, page.evaluate("history.length")
    ask(page, QUESTION)
    assert (page.url, page.evaluate("history.length")) == (url, steps)


# ---- two of them, and routers


@pytest.mark.proof
def test_two_boxes_on_a_page_do_not_know_of_each_other(embed: Any, violations: Violations) -> None:
    page = embed(
        'id="one" sync="hash" limit="2"', body=BOX + BOX.replace("{1}", 'placeholder="Other"')
    )
    one, two = page.locator("search-bar").nth(0), page.locator("search-bar").nth(1)
    one.locator("#q").fill(QUESTION)
    one.locator("#q").press("Enter")
    expect(one.locator(".hit")).to_have_count(2)
    expect(two.locator(".home")).to_be_visible()
    two.locator("#q").fill("hood")
    two.locator("#q").press("Enter")
    expect(two.locator(".hit").first).to_be_visible()
    expect(one.locator("#q")).to_have_value(QUESTION)
    assert page.url.endswith("#one?q=rain+jacket")
    assert violations(page) == []


@pytest.mark.proof
def test_a_router_may_move_make_and_script_it_again(embed: Any, search: Site) -> None:
    page = embed()
    ask(page, QUESTION)
    page.evaluate("""() => { const box = document.querySelector("search-bar");
        box.remove(); document.querySelector("main").append(box); }""")
    expect(page.locator("#q")).to_have_value(QUESTION)
    expect(page.locator(".hit")).to_have_count(10)
    page.get_by_role("link", name="More like this").first.dispatch_event("click")
    expect(page.locator("#results h1")).to_contain_text("Like")
    page.evaluate("""(src) => new Promise((done) => {
        const again = document.createElement("script"), box = document.createElement("search-bar");
        document.querySelector("main").replaceChildren(box);
        box.setAttribute("lang", "fr"); box.setAttribute("src", src); box.lang = "es";
        again.src = src + "embed.js"; again.onload = done; document.head.append(again); })""",
        search.url)  # fmt: skip
    expect(page.locator(".searchbar")).to_have_attribute("lang", "es")
    ask(page, QUESTION)
    expect(page.locator("#results h1")).to_contain_text("20 resultados")


# ---- in a frame


@pytest.mark.proof
def test_a_page_of_an_origin_that_may_embed_it_may_frame_it(
    search: Site, site: Site, host: ForeignPage, visit: Visit
) -> None:
    url = host.shows(
        f'<iframe title="Search" width="700" height="500" src="{search.url}"></iframe>'
    )
    page = visit(url, also=search.url)
    box = page.frame_locator("iframe")
    box.locator("#q").fill(QUESTION)
    box.locator("#q").press("Enter")
    expect(box.locator(".hit h2 a").first).to_have_attribute("target", "_top")
    expect(box.locator(".facets")).to_be_hidden()
    page = visit(host.shows(f'<iframe src="{site.url}"></iframe>'), also=site.url, quiet=False)
    expect(page.frame_locator("iframe").locator("#q")).to_have_count(0)


def test_nobody_frames_what_needs_a_key(search: Site, host: ForeignPage) -> None:
    def ancestors(path: str) -> str:
        policy = search.get(path, headers={"X-API-Key": KEY}).headers["content-security-policy"]
        return str(re.findall(r"frame-ancestors ([^;]*);", policy)[0])

    assert ancestors("") == ancestors("?q=rain") == f"'self' {host.url.rstrip('/')}"
    assert [ancestors(path) for path in ("asked", "judge", "replay")] == ["'self'"] * 3


# ---- its weight and its words


def test_it_weighs_little_beside_what_it_shares_with_the_page() -> None:
    size = len(gzip.compress((PAGE / "embed.js").read_bytes()))
    print("bytes, compressed:", size)
    assert size <= 6_000


def test_it_says_what_must_be_said_without_a_server_in_every_language_of_the_page() -> None:
    source = (PAGE / "embed.js").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\t(\w\w): \{ (search: .*) \},$", source, re.MULTILINE))
    assert set(rows) == {path.stem for path in MESSAGES.glob("*.json")}
    for row in rows.values():
        said = dict(re.findall(r"(\w+): \"([^\"]+)\"", row))
        assert set(said) == {"search", "away", "elsewhere"}
        assert all(said[name].endswith(".") for name in ("away", "elsewhere"))
