"""The player in a real browser: every control, every number, in files and notebooks.

Needs selenium and a Chromium with its driver (Debian: chromium, chromium-driver).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograd import Value, gradient, log, replay, sin
from autograd.drawing.player import Replay
from autograd.drawing.text import compact
from autograd.graph import nodes

webdriver: Any = pytest.importorskip("selenium.webdriver", reason="needs selenium")
By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys
Select = pytest.importorskip("selenium.webdriver.support.select").Select

ROOT = Path(__file__).parent.parent
BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER), reason="needs Chromium and its driver, chromedriver"
)

HOSTILE = (
    "<img src=x onerror='window.hacked=1'></script><script>window.hacked=1</script>"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(DRIVER)
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_window_size(1280, 720)
    yield driver
    driver.quit()


def example() -> tuple[Value, Value, Value]:
    """Table 3 of Baydin et al., "Automatic differentiation in machine learning"."""
    x1, x2 = Value(2.0, label="x1"), Value(5.0, label="x2")
    y = log(x1) + x1 * x2 - sin(x2)
    y.label = "y"
    return x1, x2, y


def opened(browser: Any, path: Path, passes: Replay) -> None:
    passes.save(path)
    browser.get(path.as_uri())


@pytest.fixture
def passes(browser: Any, tmp_path: Path) -> Replay:
    """The example, opened in the browser from a file, at its first step."""
    _, _, y = example()
    found = replay(y, engine="own")
    opened(browser, tmp_path / "x.html", found)
    return found


def position(browser: Any) -> int:
    output, slider, told = browser.execute_script(
        """const slider = document.getElementById("slider");
        return [document.querySelector("output").textContent, slider.value,
                slider.ariaValueText ?? slider.getAttribute("aria-valuetext")]"""
    )
    now, count = output.split(" / ")
    assert slider == now
    assert told.startswith(f"{now} of {count}: ")
    return int(now)


def texts(browser: Any) -> list[str]:
    """Read what the page says of its step: text, rule and reason."""
    found: list[str] = browser.execute_script(
        """return [".text", ".rule", ".reason"].map(
            query => document.querySelector(query).textContent)"""
    )
    return found


def table(browser: Any) -> dict[str, str]:
    """Read the running adjoints from the table of the page, as they stand there."""
    found: dict[str, str] = browser.execute_script(
        """return Object.fromEntries([...document.querySelectorAll("tbody tr")].map(
            row => [...row.cells].map(cell => cell.firstChild.textContent)
        ).filter(([, number]) => number))"""
    )
    return found


def lit(browser: Any, role: str) -> list[str]:
    """List the marks of all that has a role ("active", "target") in the picture."""
    found: list[str] = browser.execute_script(
        """return [...document.querySelectorAll(`.canvas .${arguments[0]}`)].map(
            ({ dataset }) => Object.entries(dataset).flat().join(" "))""",
        role,
    )
    return sorted(found)


def click(browser: Any, name: str) -> None:
    browser.find_element(By.ID, name).click()


def press(browser: Any, key: str) -> None:
    browser.switch_to.active_element.send_keys(key)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def complaints(browser: Any) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser")]


# ---- numbers -----------------------------------------------------------------------


def test_every_step_shows_the_numbers_of_the_engine(
    browser: Any, passes: Replay
) -> None:
    complaints(browser)
    _, _, y = example()
    values = nodes(y)
    for number, step in enumerate(passes, start=1):
        assert position(browser) == number
        assert texts(browser) == [step.text, step.rule, step.reason]
        running = passes.running(number)
        assert table(browser) == {name: repr(x) for name, x in running.items()}
        z, target = step.node, step.target
        assert lit(browser, "target") == ([] if target is None else [f"node {target}"])
        arrows = {
            "seed": [],
            "backward": [f"edge {target}-{z}"],
            "forward": [f"edge {values.index(x)}-{z}" for x in values[z].args],
        }[step.kind]
        visited = [] if step.kind == "seed" else [f"edge {z}", f"node {z}", f"op {z}"]
        assert lit(browser, "active") == sorted(arrows + visited)
        if number < len(passes):
            click(browser, "next")
    x1, x2 = (z for z in values if z.label[:1] == "x")
    found = table(browser)
    assert [float(found["x1"]), float(found["x2"])] == gradient(y, [x1, x2])
    assert complaints(browser) == []


def test_the_boxes_of_the_picture_fill_in(browser: Any, passes: Replay) -> None:
    def lines() -> list[str]:
        found: list[str] = browser.execute_script(
            """return [...document.querySelectorAll(".canvas .node text")].filter(
                text => !text.classList.contains("unknown")
            ).map(text => text.textContent.replaceAll("\\u00a0", " "))"""
        )
        return [" ".join(line.split()) for line in found]

    assert [line for line in lines() if line.startswith("data")] == [
        "data 2",
        "data 0.6931",
        "data 5",
    ]
    assert {line for line in lines() if line.startswith("grad")} == {"grad ?"}
    click(browser, "last")
    assert [line for line in lines() if line.startswith("grad")] == [
        f"grad {compact(passes.running()[name])}" for name in passes.names
    ]


def test_a_repeated_operand_lights_its_own_arrow(browser: Any, tmp_path: Path) -> None:
    x = Value(3.0, label="x")
    opened(browser, tmp_path / "x.html", replay(x * x, engine="own"))
    numbers = []
    for step in (3, 4):
        browser.execute_script("show(arguments[0])", step)
        (number,) = browser.execute_script(
            """return [...document.querySelectorAll('[data-edge="0-1"]')].flatMap(
                (edge, i) => edge.classList.contains("active") ? [i] : [])"""
        )
        numbers.append(number)
    assert numbers == [0, 1]


# ---- controls ----------------------------------------------------------------------


def test_the_buttons(browser: Any, passes: Replay) -> None:
    end = len(passes)
    for name, want in [
        ("next", 2),
        ("next", 3),
        ("back", 2),
        ("last", end),
        ("back", end - 1),
        ("first", 1),
    ]:
        click(browser, name)
        assert position(browser) == want

    def enabled(name: str) -> bool:
        found = browser.find_element(By.ID, name).get_attribute("aria-disabled")
        return bool(found == "false")

    assert [enabled(name) for name in ("first", "back", "next", "last")] == [
        False,
        False,
        True,
        True,
    ]
    click(browser, "last")
    assert [enabled(name) for name in ("first", "back", "next", "last")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("focus", ["body", "slider", "next", "play"])
def test_the_keys(browser: Any, passes: Replay, focus: str) -> None:
    if focus != "body":
        browser.execute_script("document.getElementById(arguments[0]).focus()", focus)
    end = len(passes)
    for key, want in [
        (Keys.ARROW_LEFT, 1),
        (Keys.ARROW_RIGHT, 2),
        (Keys.ARROW_RIGHT, 3),
        (Keys.ARROW_LEFT, 2),
        (Keys.END, end),
        (Keys.ARROW_RIGHT, end),
        (Keys.HOME, 1),
    ]:
        press(browser, key)
        assert position(browser) == want


def test_the_slider_follows_the_pointer(browser: Any, passes: Replay) -> None:
    slider = browser.find_element(By.ID, "slider")
    chain = webdriver.ActionChains(browser)
    chain.move_to_element(slider).click().perform()  # its middle
    assert abs(position(browser) - (len(passes) + 1) / 2) <= 1
    width = slider.size["width"]
    chain = webdriver.ActionChains(browser)
    chain.click_and_hold(slider).move_by_offset(width // 2, 0).release().perform()
    assert position(browser) == len(passes)


def test_play_and_pause(browser: Any, passes: Replay) -> None:
    button = browser.find_element(By.ID, "play")
    Select(browser.find_element(By.ID, "speed")).select_by_value("4")
    assert button.get_attribute("aria-label") == "Play"
    button.click()
    assert button.get_attribute("aria-label") == "Pause"
    until(lambda: position(browser) > 1)
    button.click()
    here = position(browser)
    assert button.get_attribute("aria-label") == "Play"
    time.sleep(0.6)  # more than a step at this speed
    assert position(browser) == here
    browser.execute_script("document.activeElement.blur(); show(arguments[0])", 12)
    press(browser, Keys.SPACE)
    until(lambda: position(browser) == len(passes))
    assert button.get_attribute("aria-label") == "Play"  # it stops at the end
    press(browser, Keys.SPACE)  # and begins again
    assert position(browser) == 1
    assert button.get_attribute("aria-label") == "Pause"
    click(browser, "next")  # whoever takes a step himself, pauses
    assert button.get_attribute("aria-label") == "Play"


def test_an_address_may_name_a_step(browser: Any, tmp_path: Path) -> None:
    _, _, y = example()
    replay(y, engine="own").save(tmp_path / "y.html")
    for end, want in (("#7", 7), ("#99", 14), ("#x", 1), ("#-3", 1)):
        browser.get("about:blank")
        browser.get((tmp_path / "y.html").as_uri() + end)
        assert position(browser) == want


# ---- the page is safe, whole and legible -------------------------------------------


@pytest.mark.parametrize("form", ["file", "notebook"])
def test_a_hostile_label_runs_nothing(browser: Any, tmp_path: Path, form: str) -> None:
    x = Value(2.0, label=HOSTILE)
    y = x * x
    y.label = HOSTILE[25:]
    passes = replay(y, engine="own")
    path = tmp_path / "x.html"
    if form == "file":
        opened(browser, path, passes)
    else:
        path.write_text(f"<!DOCTYPE html>{passes._repr_html_()}", "utf-8")
        browser.get(path.as_uri())
        assert browser.execute_script("return window.hacked") is None
        browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    click(browser, "last")
    assert position(browser) == 4
    assert passes.names[0] in table(browser)
    assert browser.execute_script("return window.hacked") is None
    assert browser.execute_script("return document.images.length") == 0
    browser.switch_to.default_content()


def test_without_scripts_it_is_a_table(browser: Any, tmp_path: Path) -> None:
    _, _, y = example()
    frame = replay(y, engine="own")._repr_html_()
    page = tmp_path / "page.html"
    page.write_text(frame.replace('sandbox="allow-scripts"', 'sandbox=""'), "utf-8")
    browser.get(page.as_uri())
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    (found,) = browser.find_elements(By.TAG_NAME, "pre")
    assert found.text.startswith("replay of y: 5 steps forward, 9 backward")
    assert not browser.find_element(By.TAG_NAME, "main").is_displayed()
    browser.switch_to.default_content()


def test_what_is_injected_does_not_run(browser: Any, passes: Replay) -> None:
    """A second wall: the page's policy lets no script run but the player's own."""
    browser.execute_script(
        """const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        const box = document.createElement("div");
        document.body.append(box);
        box.innerHTML = "<img src='data:,' onerror='window.hacked = 1'>";"""
    )
    time.sleep(0.1)
    assert browser.execute_script("return window.hacked") is None
    assert complaints(browser)  # the browser says what it refused


def test_nothing_is_loaded(browser: Any, passes: Replay) -> None:
    script = "return performance.getEntriesByType('resource').length"
    assert browser.execute_script(script) == 0


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (900, 640)])
def test_it_fits_the_window(browser: Any, passes: Replay, size: Any) -> None:
    browser.set_window_size(*size)
    try:
        assert browser.execute_script(
            """const root = document.documentElement;
            return root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight"""
        )
    finally:
        browser.set_window_size(1280, 720)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(browser: Any, passes: Replay, scheme: str) -> None:
    """The contrast that WCAG 2.1 asks of text, 4.5 : 1, on either background."""
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    try:
        for step in (1, 3, 9, len(passes)):
            browser.execute_script("show(arguments[0])", step)
            assert browser.execute_script(CONTRASTS) == []
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


CONTRASTS = """
const channels = color => color.match(/[\\d.]+/g).map(Number);
const light = color => {
  const [r, g, b] = channels(color).map(
    c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const clear = color => color === "none" || channels(color)[3] === 0;
const behind = element => {
  const shape = element.closest(".node, .op")?.querySelector("rect, ellipse");
  if (shape) return getComputedStyle(shape).fill;
  for (let e = element; e; e = e.parentElement) {
    const { backgroundColor } = getComputedStyle(e);
    if (!clear(backgroundColor)) return backgroundColor;
  }
};
return [...document.querySelectorAll("main *")].filter(
  e => e.checkVisibility() && !e.matches("option")
    && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
).map(e => {
  const style = getComputedStyle(e);
  const color = e instanceof SVGElement ? style.fill : style.color;
  const [low, high] = [light(color), light(behind(e))].sort((a, b) => a - b);
  return [(high + 0.05) / (low + 0.05), e.textContent];
}).filter(([contrast]) => contrast < 4.5);
"""


def test_controls_have_names_and_the_keyboard_reaches_them(
    browser: Any, passes: Replay
) -> None:
    browser.execute_script("show(2)")
    reached = []
    for _ in range(9):
        press(browser, Keys.TAB)
        element = browser.switch_to.active_element
        assert element.accessible_name or element.get_attribute("class") == "canvas"
        reached.append(element.get_attribute("id"))
    controls = ["first", "back", "play", "next", "last", "slider", "speed"]
    assert [name for name in reached if name] == controls
    said = browser.find_element(By.CLASS_NAME, "said")
    assert said.get_attribute("aria-live") == "polite"


def test_a_large_picture_scrolls_to_what_is_active(
    browser: Any, tmp_path: Path
) -> None:
    x = Value(0.5, label="x")
    y = x
    for _ in range(60):
        y = y.sin()
    passes = replay(y, engine="own")
    opened(browser, tmp_path / "x.html", passes)
    for step in (1, 30, 60, 61, 90, 121):
        browser.execute_script("show(arguments[0])", step)
        assert browser.execute_script(
            """const pane = document.querySelector(".canvas").getBoundingClientRect();
            const active = document.querySelector(".canvas .active, .canvas .target");
            const { left, right } = active.getBoundingClientRect();
            return left >= pane.left && right <= pane.right"""
        )


# ---- notebooks ---------------------------------------------------------------------


def in_a_frame(browser: Any, passes: Replay) -> None:
    """Play the first replay on the page that is open, in its frame."""
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    assert position(browser) == 1
    click(browser, "next")
    assert position(browser) == 2
    press(browser, Keys.END)
    assert position(browser) == len(passes)
    assert table(browser) == {name: repr(x) for name, x in passes.running().items()}
    browser.switch_to.default_content()


def test_a_notebooks_output_plays_in_its_frame(browser: Any, tmp_path: Path) -> None:
    _, _, y = example()
    passes = replay(y, engine="own")
    page = tmp_path / "page.html"
    page.write_text(f"<!DOCTYPE html>{passes._repr_html_()}" * 2, "utf-8")
    browser.get(page.as_uri())
    complaints(browser)
    in_a_frame(browser, passes)
    assert complaints(browser) == []


def test_an_exported_notebook_plays(browser: Any, tmp_path: Path) -> None:
    nbconvert = pytest.importorskip("nbconvert", reason="needs nbconvert")
    nbformat: Any = pytest.importorskip("nbformat")
    from nbclient import NotebookClient

    source = (
        "from autograd import Value, log, replay, sin\n"
        "x1, x2 = Value(2.0), Value(5.0)\n"
        "y = log(x1) + x1 * x2 - sin(x2)\n"
        "replay(y, engine='own')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    client = NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(
        env={**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)}
    )
    (output,) = notebook.cells[0].outputs
    assert output.data["text/plain"].startswith("replay of y: 5 steps forward")
    page, _ = nbconvert.HTMLExporter().from_notebook_node(notebook)
    (tmp_path / "notebook.html").write_text(page, "utf-8")
    browser.get((tmp_path / "notebook.html").as_uri())
    _, _, y = example()
    in_a_frame(browser, replay(y, engine="own"))
