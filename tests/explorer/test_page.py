"""The page in a real browser, driven as by hand."""

import shutil

import keras
import numpy as np
import pytest

from ganzoo import boxes, explorer, networks
from ganzoo.gans.codes import Codes
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler

pytest.importorskip("gradio", reason="needs the extra `explore`")
sync_api = pytest.importorskip(
    "playwright.sync_api", reason="needs the extra `browser`"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs a Chromium: apt-get install chromium"
)
WAIT = 60_000  # milliseconds: machines may be busy


def dense(size: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((size,)),
            layers.Dense(64, activation="tanh"),
            layers.Reshape((8, 8, 1)),
        ]
    )


def layout_sampler() -> Sampler:
    network = networks.layout_generator(
        latent_dim=3, size=16, object_size=8, width=1 / 32, label_scale=3.0, seed=1
    )
    for layer in network.layers:
        if "pixels" in layer.name:
            layer.kernel.assign(layer.kernel.value * 30.0)
    return Sampler(network, conditioning=Layout([[1, 2]], boxes.grid(2), max_objects=3))


@pytest.fixture(scope="module")
def address():
    """The page of three untrained generators, served in the background."""
    samplers = {
        "plain": Sampler(dense(5)),
        "coded": Sampler(dense(2 + 3 + 1), Codes((3,), 1)),
        "layout": layout_sampler(),
    }
    offered = {name: lambda one=one: one for name, one in samplers.items()}
    page = explorer.open_page(port=0, browser=False, offered=offered, wait=False)
    yield page.address
    page.close()


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        # Without a sandbox, for that cannot be had by root in a container.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, address):
    """The page, loaded; at the end nothing went wrong, or elsewhere, meanwhile."""
    page = chromium.new_page()
    page.set_default_timeout(WAIT)
    trouble = []

    def asked(route):
        if not route.request.url.startswith((address, "data:", "blob:")):
            trouble.append(f"asked for {route.request.url}")
        route.continue_()

    page.route("**/*", asked)
    page.on("pageerror", lambda error: trouble.append(str(error)))

    def said(message):
        # Old Gradio would load a script of another site, which the guard forbids.
        forbidden = "Content Security Policy" in message.text
        if message.type == "error" and not forbidden:
            trouble.append(message.text)

    page.on("console", said)
    page.goto(address)
    sync_api.expect(page.locator("#picture img")).to_be_visible(timeout=WAIT)
    yield page
    page.close()
    assert trouble == []


def picture(page, name: str = "picture") -> str:
    """What is shown: another address is another image."""
    return page.locator(f"#{name} img").get_attribute("src")


def changed(page, before: str, name: str = "picture") -> str:
    shown = page.locator(f"#{name} img")
    sync_api.expect(shown).not_to_have_attribute("src", before, timeout=WAIT)
    return picture(page, name)


def choose(page, name: str) -> None:
    before = picture(page)
    page.get_by_label("Generator").click()
    page.get_by_role("option", name=name).click()
    changed(page, before)


def slider(page, name: str):
    return page.get_by_role("slider", name=name)


def drag(page, first: tuple, last: tuple) -> None:
    """Draws a box with the mouse, corners in shares of the board."""
    page.locator("#board .board").scroll_into_view_if_needed()
    edges = page.locator("#board .board").bounding_box()
    (y0, x0), (y1, x1) = (
        (edges["y"] + y * edges["height"], edges["x"] + x * edges["width"])
        for y, x in (first, last)
    )
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()


def test_moving_a_slider_changes_the_picture_and_the_path(page):
    before, path = picture(page), picture(page, "strip")
    slider(page, "Noise 0").press("End")
    changed(page, before)
    changed(page, path, "strip")


def test_another_seed_moves_the_sliders_and_the_place_leads_along_the_path(page):
    before, value = picture(page), slider(page, "Noise 1").input_value()
    page.get_by_label("Seed", exact=True).fill("7")
    page.get_by_label("Seed", exact=True).press("Tab")
    before = changed(page, before)
    assert slider(page, "Noise 1").input_value() != value
    slider(page, "Place on the path").press("End")
    before = changed(page, before)
    page.get_by_label("Seed at the path's end").fill("3")
    changed(page, before)


def test_another_picture_has_another_seed_and_the_path_plays(page):
    before = picture(page)
    page.get_by_role("button", name="Another picture").click()
    before = changed(page, before)
    assert page.get_by_label("Seed", exact=True).input_value() != "0"
    save = page.get_by_role("link", name="Save this picture")
    assert save.get_attribute("download") == "plain.png"
    assert save.get_attribute("href") == before
    page.get_by_role("button", name="Play the path").click()
    film = changed(page, before)
    assert film.startswith("data:image/webp;base64,")
    assert save.get_attribute("download") == "plain.webp"
    slider(page, "Noise 0").press("End")  # moving on, a picture is shown again
    assert changed(page, film).startswith("data:image/png;base64,")


def test_no_number_of_a_slider_is_cut_off(page):
    boxes = page.locator("input[type=number]")
    sync_api.expect(boxes.nth(5)).to_be_attached(timeout=WAIT)  # the page is drawn
    for number in range(boxes.count()):
        box = boxes.nth(number)
        fits = box.evaluate("one => one.scrollWidth <= one.clientWidth")
        assert fits, box.input_value()


def test_another_generator_has_its_own_controls(page):
    choose(page, "coded")
    sync_api.expect(slider(page, "Code 1")).to_be_visible(timeout=WAIT)
    assert slider(page, "Noise 2").count() == 0  # two of noise only
    before = picture(page)
    slider(page, "Code 0").press("End")
    changed(page, before)
    assert not page.locator("#board").is_visible()


def test_boxes_are_drawn_with_the_mouse_and_taken_away_again(page):
    choose(page, "layout")
    drawn = page.locator("#board .board .box")
    sync_api.expect(drawn).to_have_count(2, timeout=WAIT)
    before = start = picture(page)
    page.get_by_label("7", exact=True).check()
    drag(page, (0.9, 0.6), (0.5, 0.1))
    sync_api.expect(drawn).to_have_count(3, timeout=WAIT)
    assert drawn.last.inner_text().strip() == "7"
    edges = page.locator("#board .board").bounding_box()
    box = drawn.last.bounding_box()
    shares = [
        (box["y"] - edges["y"]) / edges["height"],
        (box["x"] - edges["x"]) / edges["width"],
        box["height"] / edges["height"],
        box["width"] / edges["width"],
    ]
    np.testing.assert_allclose(shares, [0.5, 0.1, 0.4, 0.5], atol=0.02)
    before = changed(page, before)
    drag(page, (0.1, 0.1), (0.3, 0.3))  # a fourth is one too many
    sync_api.expect(
        page.get_by_text("The generator takes at most 3 boxes")
    ).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Remove the last box").click()
    sync_api.expect(drawn).to_have_count(2, timeout=WAIT)
    assert changed(page, before) == start
