"""The people page in a real Chromium: what a person does by hand is what the systems then hold."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from cxsync.sandbox.core.clock import Clock
from cxsync.sandbox.core.run import Sandbox, started

BERT = "bert@agency.example"
WAIT = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        installed = shutil.which("chromium") or shutil.which("google-chrome")
        try:
            chromium = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        except Error:
            pytest.skip("no Chromium on this machine")
        yield chromium
        chromium.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    clock = Clock(datetime(2026, 3, 4, 8, tzinfo=UTC), running=False)
    with started(only=["google"], seed=3, clock=clock) as running:
        yield running


@pytest.fixture
def page(browser: Browser, sandbox: Sandbox) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1500, "height": 950})
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.set_default_timeout(WAIT)
    expect.set_options(timeout=WAIT)
    opened.goto(sandbox.urls["control"]["people"])
    opened.wait_for_selector("#live[data-state=on]")
    yield opened
    opened.close()
    assert problems == []


def held(sandbox: Sandbox, subject: str) -> dict[str, Any]:
    system = sandbox.world.system("google")
    window = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
    found = [item for item in sandbox.call(system.items, BERT, *window) if item["subject"] == subject]
    assert len(found) == 1
    return found[0]


def create(page: Page, subject: str, *, weekly: bool = False) -> None:
    page.click("#google .bar button")
    page.fill("[name=subject]", subject)
    if weekly:
        page.check("[name=with_rule]")
        for day in ("mo", "we"):
            page.check(f"[name=weekday][value={day}]")
        page.check("[name=ends][value=count]")
    page.click("button[value=save]")
    page.wait_for_selector("#editor", state="hidden")


def piece(page: Page, text: str, day: str) -> Any:
    return page.locator(f"#google .day[data-date='{day}'] .piece", has_text=text)


def test_creating_moving_editing_and_deleting(page: Page, sandbox: Sandbox) -> None:
    create(page, "<b>Intake</b>")
    made = piece(page, "<b>Intake</b>", "2026-03-04")
    expect(made).to_have_count(1)
    box = made.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 10 + box["width"], box["y"] + 8 + 40, steps=6)
    page.mouse.up()
    expect(piece(page, "<b>Intake</b>", "2026-03-05")).to_have_count(1)
    assert held(sandbox, "<b>Intake</b>")["start"] == "2026-03-05T10:00:00+01:00"

    piece(page, "<b>Intake</b>", "2026-03-05").click()
    page.fill("[name=subject]", "Intake Noor")
    page.fill("[name=location]", "Room 1")
    page.check("[name=private]")
    page.click("button[value=save]")
    expect(piece(page, "Intake Noor", "2026-03-05")).to_have_count(1)
    item = held(sandbox, "Intake Noor")
    assert (item["location"], item["private"], item["end"]) == ("Room 1", True, "2026-03-05T11:00:00+01:00")

    piece(page, "Intake Noor", "2026-03-05").click()
    page.click("#remove")
    expect(piece(page, "Intake Noor", "2026-03-05")).to_have_count(0)
    expect(page.locator("#google .deleted summary")).to_have_text("Deleted (1)")
    page.click("#google .deleted summary")
    page.click("#google .deleted li button")
    expect(piece(page, "Intake Noor", "2026-03-05")).to_have_count(1)


def test_a_series_one_occurrence_and_this_and_following(page: Page, sandbox: Sandbox) -> None:
    create(page, "Weekly", weekly=True)
    expect(piece(page, "Weekly", "2026-03-04")).to_have_count(1)
    assert held(sandbox, "Weekly")["recurrence"] == "RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=MO,WE"

    page.click("#later")
    piece(page, "Weekly", "2026-03-09").click()
    page.fill("[name=subject]", "Special")
    page.click("button[value=save]")
    expect(piece(page, "Special", "2026-03-09")).to_have_count(1)

    piece(page, "Weekly", "2026-03-11").click()
    page.check("[name=scope][value=following]")
    page.fill("[name=subject]", "Later")
    page.click("button[value=save]")
    expect(piece(page, "Later", "2026-03-11")).to_have_count(1)
    expect(piece(page, "Special", "2026-03-09")).to_have_count(1)
    page.click("#later")
    expect(piece(page, "Later", "2026-03-16")).to_have_count(1)

    piece(page, "Later", "2026-03-16").click()
    page.click("#remove")
    expect(piece(page, "Later", "2026-03-16")).to_have_count(0)
    expect(piece(page, "Later", "2026-03-18")).to_have_count(1)


def test_what_others_do_appears_by_itself(page: Page, sandbox: Sandbox) -> None:
    action = {"action": "create", "subject": "From elsewhere", "start": "2026-03-06T15:00"}
    sandbox.act("google", BERT, action)
    expect(piece(page, "From elsewhere", "2026-03-06")).to_have_count(1)
    expect(page.locator("#journal li").first).to_contain_text("From elsewhere")


def test_a_refusal_is_told_in_the_dialog(page: Page) -> None:
    create(page, "Once")
    piece(page, "Once", "2026-03-04").click()
    page.fill("[name=to_date]", "2026-03-03")
    page.click("button[value=save]")
    expect(page.locator("#form-problem")).to_contain_text("time range is empty")
    expect(page.locator("#editor")).to_be_visible()
