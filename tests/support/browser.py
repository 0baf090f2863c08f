"""A headless Chromium, spoken to over a pipe: what a page looks like and complains of."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

_PATIENCE_SECONDS = 60
_COMPLAINTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
_LOOK = """
(() => {
  const wide = [...document.querySelectorAll('main *')].filter(e => {
    if (e.closest('.scroll, pre, svg, details:not([open])')) return false;
    const box = e.getBoundingClientRect();
    return box.right > window.innerWidth + 0.5 || box.left < -0.5;
  });
  return {
    scroll_width: document.documentElement.scrollWidth,
    width: window.innerWidth,
    too_wide: wide.map(e => `${e.tagName}.${e.className}`),
    images: document.images.length,
    broken: [...document.images].filter(i => !i.complete || i.naturalWidth === 0).length,
    background: getComputedStyle(document.body).backgroundColor,
  };
})()
"""


class Browser:
    """Answers commands of the Chrome DevTools protocol; events are kept."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number, self._buffer, self._session = 0, b"", None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            if not select([self._read], [], [], _PATIENCE_SECONDS)[0]:
                raise TimeoutError("Chromium does not answer")
            data = os.read(self._read, 1 << 20)
            if not data:
                raise ConnectionError("Chromium is gone")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def open(self, page: Path) -> None:
        """Show a page, every folded part of it unfolded."""
        self.events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())
        unfold = "document.querySelectorAll('details').forEach(d => d.open = true)"
        self.call("Runtime.evaluate", expression=unfold)

    def look(self, *, width: int, scheme: str) -> dict[str, Any]:
        """Tell what there is to see of the page, and what it complained of and asked for so far."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", features=[feature])
        seen = self.call("Runtime.evaluate", expression=_LOOK, returnByValue=True)
        return seen["result"]["value"] | {
            "complaints": [e for e in self.events if e.get("method") in _COMPLAINTS],
            "requests": [
                e["params"]["request"]["url"]
                for e in self.events
                if e.get("method") == "Network.requestWillBeSent"
                and not e["params"]["request"]["url"].startswith("data:")
            ],
        }

    def picture(self) -> bytes:
        """The whole page as a PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.call(
            "Page.captureScreenshot", captureBeyondViewport=True, clip=size | {"scale": 1}
        )
        return base64.b64decode(shot["data"])


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Browser]:
    """Start Chromium without a window, and end it."""
    its_read, our_write = os.pipe()
    our_read, its_write = os.pipe()
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    flags += [
        "--no-first-run",
        "--disable-extensions",
        "--hide-scrollbars",
        f"--user-data-dir={profile}",
    ]
    shell = f'exec "$@" 3<&{its_read} 4>&{its_write}'
    process = subprocess.Popen(
        ["/bin/bash", "-c", shell, "browser", program, *flags, "--remote-debugging-pipe"],
        pass_fds=(its_read, its_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(its_read)
    os.close(its_write)
    try:
        yield Browser(our_write, our_read)
    finally:
        os.close(our_write)
        os.close(our_read)
        process.terminate()
        process.wait(timeout=20)
