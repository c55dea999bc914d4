"""Results, filters, state and feedback, as a visitor with a browser meets them."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from release_format import questions
from release_format.items import Item
from tests.searchbar.conftest import MakeRelease

from .conftest import ServeSite, Site, Visit, ask, becomes, settled, titles

QUESTION = "edit photos"


@pytest.fixture
def page(site: Site, visit: Visit) -> Page:
    return visit(f"{site.url}?q={QUESTION}")


def answer(site: Site, query: str) -> Any:
    return site.get(f"search?{query}").json()


def test_a_result_shows_all_that_helps_to_choose(site: Site, page: Page) -> None:
    first, hit = answer(site, f"q={QUESTION}")["hits"][0], page.locator(".hit").first
    link = hit.locator("h2 a")
    expect(link).to_have_text(first["title"])
    expect(link).to_have_attribute("href", re.compile(re.escape(first["url"])))
    expect(hit.locator(".badge")).to_have_text(
        {"exact": "Exact", "text": "Words", "meaning": "Meaning"}[first["matched"]]
    )
    expect(hit.locator(".topics li")).to_have_text(first["topics"])
    marked = re.findall("<mark>(.*?)</mark>", first["snippet"])
    assert marked
    expect(hit.locator("mark")).to_have_text(marked)
    expect(page.locator("#results h1")).to_have_text(re.compile(r"^[\d,]+\+? results in \d+ ms$"))
    assert QUESTION in page.title()


def test_a_name_is_badged_exact_and_a_paraphrase_by_its_sentence(page: Page) -> None:
    ask(page, "GIMP")
    expect(page.locator(".badge").first).to_have_text("Exact")
    ask(page, "shrink pictures for the web")
    near = page.locator(".snippet.near").first
    assert "underline" in near.evaluate("e => getComputedStyle(e).textDecorationLine")


def test_the_list_is_numbered_for_nobody_but_ordered_for_all(page: Page) -> None:
    assert page.locator("ol.hits > li.hit > article > h2").count() == 10


def test_images_keep_their_place_and_load_late(
    make_release: MakeRelease, serve_site: ServeSite, visit: Visit
) -> None:
    items = [
        Item(f"n{i}", f"Lamp {i}", "A lamp for the desk.", image_url="/nowhere.png")
        for i in range(2)
    ]
    with serve_site(make_release(items)) as lamps:
        items = [
            Item(i.id, i.title, i.description, image_url=f"{lamps.url}icon.svg") for i in items
        ]
        items.append(Item("broken", "Lamp 3", "A lamp.", image_url=f"{lamps.url}not-there.png"))
        with serve_site(make_release(items), SEARCHBAR_IMAGES=lamps.url) as site:
            page = visit(f"{site.url}?q=lamp", quiet=False, also=lamps.url)
            expect(page.locator(".hit")).to_have_count(3)
            expect(page.locator(".hit img")).to_have_count(2)
            first = page.locator(".hit img").first
            assert first.get_attribute("loading") == "lazy"
            assert first.bounding_box() is not None
            assert [first.get_attribute(name) for name in ("width", "height")] == ["88", "88"]
            box = first.bounding_box()
            assert box is not None
            assert (box["width"], box["height"]) == (88, 88)


def test_why_says_it_in_plain_words(page: Page) -> None:
    why = page.get_by_role("button", name="Why this?").first
    why.click()
    expect(why).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".hit dt")).to_have_text(["Found by", "Meaning", "Words", "Together"])
    expect(page.locator(".hit dd").nth(1)).to_have_text(
        re.compile(r"your question \(0\.\d\d of 1\)")
    )
    why.click()
    expect(page.locator(".hit dl")).to_have_count(0)


def test_a_link_is_copied(site: Site, visit: Visit) -> None:
    page = visit(f"{site.url}?q={QUESTION}", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(
        "h2 a"
    ).first.get_attribute("href")


def test_more_like_this_is_a_step_with_an_address(site: Site, page: Page) -> None:
    name = titles(page)[0]
    page.get_by_role("link", name="More like this").first.click()
    page.wait_for_url("**/?like=*")
    expect(page.locator("#results h1")).to_contain_text(f"Like {name}")
    assert name not in titles(page)
    shown = titles(page)
    page.reload()
    assert titles(page) == shown
    page.go_back()
    expect(page.locator("#q")).to_have_value(QUESTION)


def test_facets_count_what_the_answer_counts(site: Site, page: Page) -> None:
    counts = answer(site, f"q={QUESTION}")["facets"]["topic"]["values"]
    labels = page.locator("fieldset").first.locator("label")
    shown = {
        label.locator("bdi").inner_text(): label.locator("span").inner_text()
        for label in labels.all()[:8]
    }
    assert shown == {topic: f"{n:,}" for topic, n in list(counts.items())[:8]}
    page.get_by_role("button", name="Show all").first.click()
    expect(labels.last).to_be_visible()
    assert labels.count() == len(counts)


def test_filters_are_set_chipped_and_cleared(site: Site, page: Page) -> None:
    page.get_by_role("checkbox", name="graphics").check()
    page.wait_for_url("**topic=graphics**")
    settled(page)
    expect(page.get_by_role("checkbox", name="graphics")).to_be_checked()
    total = answer(site, f"q={QUESTION}&topic=graphics")["total"]
    expect(page.locator("#results h1")).to_have_text(re.compile(f"^{total} result"))
    page.get_by_role("checkbox", name="photography").check()
    expect(page.locator(".chips li")).to_have_text(
        ["Topic: graphics", "Topic: photography", "Clear all"]
    )
    page.get_by_role("link", name="Remove the filter Topic: graphics").click()
    expect(page.locator(".chips li")).to_have_text(["Topic: photography", "Clear all"])
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(".chips")).to_have_count(0)
    assert page.url == f"{site.url}?q=edit+photos"


def test_a_sort_orders_all_and_survives_reload(site: Site, page: Page) -> None:
    page.get_by_label("Sort").select_option("title")
    page.wait_for_url("**sort=title**")
    wanted = [hit["title"] for hit in answer(site, f"q={QUESTION}&sort=title")["hits"]]
    expect(page.locator(".hit h2")).to_have_text(wanted)
    page.reload()
    expect(page.get_by_label("Sort")).to_have_value("title")
    assert titles(page) == wanted


def test_pages_are_stable_and_never_repeat(site: Site, page: Page) -> None:
    page.goto(f"{site.url}?q={QUESTION}&cut=none")
    for count in (20, 30):
        page.get_by_role("button", name="Load more").click()
        expect(page.locator(".hit")).to_have_count(count)
    wanted = [hit["title"] for hit in answer(site, f"q={QUESTION}&k=30&cut=none")["hits"]]
    assert titles(page) == wanted
    page.reload()
    assert titles(page) == wanted
    page.go_back()
    expect(page.locator(".hit")).to_have_count(20)


def test_did_you_mean_is_a_link(site: Site, page: Page) -> None:
    meant = answer(site, "q=databse backup")["did_you_mean"]
    assert meant
    ask(page, "databse backup")
    page.locator(".meant a").click()
    expect(page.locator("#q")).to_have_value(meant)
    expect(page.locator(".meant")).to_have_count(0)


def test_a_phrase_that_nothing_holds_is_said_in_one_sentence(site: Site, page: Page) -> None:
    said = "Nothing here holds “player music” as quoted: searched without the quotation marks."
    ask(page, '"player music"')
    expect(page.locator(".meant")).to_have_text(said)
    expect(page.locator(".hit").first).to_be_visible()
    whole = page.request.get(f"{site.url}?q=%22player+music%22").text()
    assert said in re.sub("</?bdi>", "", whole), "without its script, too"
    ask(page, '"web server"')
    expect(page.locator(".meant")).to_have_count(0)


def test_one_back_is_one_step_and_scroll_comes_back(page: Page) -> None:
    ask(page, "music player")
    assert page.evaluate("scrollY") == 0
    page.locator(".panel [type=checkbox]").first.click()
    page.wait_for_url("**topic=**")
    settled(page)
    page.evaluate("scrollTo(0, 300)")
    page.get_by_role("link", name="More like this").nth(4).evaluate("link => link.click()")
    page.wait_for_url("**/?like=*")
    expect(page.locator("#results h1")).to_contain_text("Like ")
    assert page.evaluate("scrollY") == 0
    page.go_back()
    settled(page)
    expect(page.locator(".chips li").first).to_be_visible()
    becomes(page, "scrollY", 300)
    page.go_back()
    expect(page.locator(".chips")).to_have_count(0)
    expect(page.locator("#q")).to_have_value("music player")
    page.go_back()
    expect(page.locator("#q")).to_have_value(QUESTION)
    page.go_forward()
    expect(page.locator("#q")).to_have_value("music player")


def test_a_reload_and_a_shared_link_show_the_same(site: Site, page: Page, visit: Visit) -> None:
    page.get_by_role("checkbox", name="graphics").check()
    page.wait_for_url("**topic=graphics**")
    settled(page)
    page.get_by_label("Sort").select_option("-updated_at")
    page.wait_for_url("**sort=-updated_at**")
    settled(page)
    expect(page.locator(".head select")).to_have_value("-updated_at")
    shown, look = titles(page), page.locator("main").inner_text()
    page.evaluate("scrollTo(0, 300)")
    becomes(page, "history.state && history.state.y", 300)
    page.reload()
    assert titles(page) == shown
    becomes(page, "scrollY", 300)
    other = visit(page.url)
    same = re.compile(r"in \d+ ms")
    assert same.sub("", other.locator("main").inner_text()) == same.sub("", look)


def test_home_is_one_back_away_and_the_name_leads_there(site: Site, visit: Visit) -> None:
    page = visit(site.url)
    ask(page, QUESTION)
    page.go_back()
    expect(page.locator(".home h1")).to_be_visible()
    expect(page.locator("#results")).to_be_hidden()
    page.go_forward()
    expect(page.locator(".hit")).to_have_count(10)
    page.click(".brand")
    expect(page.locator(".home h1")).to_be_visible()
    assert page.url == site.url


def test_where_nothing_fits_well_three_of_the_nearest_are_open(
    make_release: MakeRelease, serve_site: ServeSite, visit: Visit
) -> None:
    items = [Item(f"n{i}", f"Lamp {i}", "A lamp for the desk.") for i in range(12)]
    levels = {"no_good_match": {"level": 0.9, "score": "confidence"}}
    with serve_site(make_release(items, levels=levels)) as lamps:
        page = visit(lamps.url)
        ask(page, "quarterly tax return")
        expect(page.locator("#results h1")).to_have_text("Nothing fits well; nearest:")
        expect(page.locator(".hit").locator("visible=true")).to_have_count(3)
        page.get_by_text("Show more of the nearest").click()
        expect(page.locator(".hit").locator("visible=true")).to_have_count(10)
        expect(page.locator("#said")).to_have_text("Nothing fits well; nearest:")


def test_the_filter_that_blocks_most_can_be_dropped(site: Site, page: Page) -> None:
    page.goto(f"{site.url}?q={QUESTION}&topic=graphics&language=xx")
    expect(page.locator(".ending h1")).to_have_text("Nothing fits with graphics, xx")
    total = answer(site, f"q={QUESTION}&topic=graphics")["total"]
    page.get_by_role("link", name=f"Drop xx for {total} results").click()
    page.wait_for_url("**/?q=edit+photos&topic=graphics")
    expect(page.locator("#results h1")).to_have_text(re.compile(f"^{total} results"))


def test_colours_follow_the_system_until_they_are_chosen(site: Site, visit: Visit) -> None:
    page = visit(site.url, color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(paper)
    toggle = page.get_by_role("button", name="Dark colours")
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    light = page.evaluate(paper)
    assert light != dark
    page.add_init_script(
        """new MutationObserver((_, watch) => { if (document.body) { watch.disconnect();
            window.before = document.documentElement.dataset.theme; } })
            .observe(document, { childList: true, subtree: true })"""
    )
    page.reload()
    assert page.evaluate("before") == "light", "chosen colours are there before anything is painted"
    assert page.evaluate(paper) == light
    toggle.click()
    assert page.evaluate("localStorage['searchbar.theme']") == "null"
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == light


def feedback_lines(site: Site, question: str, wanted: int) -> list[questions.LoggedQuestion]:
    """The reactions to a question in the log, once there are as many as wanted."""
    for _ in range(400):
        lines = [
            line
            for line in questions.read(site.questions)
            if line.feedback and line.question == question
        ]
        if len(lines) >= wanted:
            return lines
        time.sleep(0.05)
    raise AssertionError(lines)


def test_reactions_are_logged_with_what_they_are_about(site: Site, visit: Visit) -> None:
    question = "edit photos, and say what I think"
    page = visit(f"{site.url}?q={question}")
    hits, release = answer(site, f"q={question}")["hits"], site.release.id
    page.get_by_role("button", name="Good result").nth(1).click()
    feedback_lines(site, question, 1)
    page.get_by_role("button", name="Poor result").first.click()
    feedback_lines(site, question, 2)
    page.get_by_placeholder("What is wrong with it?").fill("too old")
    page.keyboard.press("Enter")
    expect(page.locator("#results").get_by_text("Thank you.")).to_be_visible()
    feedback_lines(site, question, 3)
    page.get_by_role("button", name="Something is missing?").click()
    page.keyboard.type("darkroom")
    page.keyboard.press("Enter")
    feedback_lines(site, question, 4)
    page.locator("h2 a").nth(2).evaluate(
        "a => a.addEventListener('click', (event) => event.preventDefault())"
    )
    page.locator("h2 a").nth(2).click()
    lines = feedback_lines(site, question, 5)
    assert [line.feedback for line in lines] == [
        {"kind": "good", "id": hits[1]["id"], "position": 2},
        {"kind": "bad", "id": hits[0]["id"], "position": 1},
        {"kind": "bad", "id": hits[0]["id"], "position": 1, "reason": "too old"},
        {"kind": "missing", "reason": "darkroom"},
        {"kind": "click", "id": hits[2]["id"], "position": 3},
    ]
    assert {line.release for line in lines} == {release}
    assert len({line.request_id for line in lines}) == 1
    assert page.context.cookies() == []
    assert "127.0.0.1" not in json.dumps([line.feedback for line in lines])


def test_feedback_is_off_by_a_setting(site: Site, serve_site: ServeSite, visit: Visit) -> None:
    with serve_site(site.release, SEARCHBAR_FEEDBACK="0") as quiet:
        page = visit(f"{quiet.url}?q={QUESTION}")
        expect(page.locator(".hit")).to_have_count(10)
        expect(page.locator(".thumbs, .missing")).to_have_count(0)
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        page.locator("h2 a").first.evaluate(
            "a => a.addEventListener('click', (event) => event.preventDefault())"
        )
        page.locator("h2 a").first.click()
        page.evaluate("fetch('release')")
        assert sent == [f"{quiet.url}release"]
        headers = {"Origin": quiet.url.rstrip("/")}
        quiet_post = page.request.post(
            f"{quiet.url}feedback", data='{"kind":"click","question":"x"}', headers=headers
        )
        assert quiet_post.status == 204
        assert [line.feedback for line in questions.read(quiet.questions)] == [{}]
