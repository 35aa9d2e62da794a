"""A page as PDF, printed by Chromium; the file carries the edition's date, never today's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from workbench.errors import RunError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-extensions", "--no-pdf-header-footer", "--generate-pdf-document-outline",
)  # fmt: skip
_LONGEST = 120  # seconds; a page prints in two
_STAMP = re.compile(rb"/(CreationDate|ModDate) ?\(D:(\d{14})([^)]*)\)")


def browser() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pdf(page: Path, chromium: str, edition: str) -> bytes:
    """Print a page.

    Parameters
    ----------
    page : Path
    chromium : str
        Path of the browser.
    edition : str
        ISO date that the file carries.

    Raises
    ------
    RunError
        If the browser fails.
    """
    with tempfile.TemporaryDirectory(prefix="wb-print-") as scratch:
        target = Path(scratch) / "page.pdf"
        root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()  # Chromium refuses a sandbox to root
        command = [chromium, *_FLAGS, *root, f"--user-data-dir={scratch}/profile", f"--print-to-pdf={target}", page.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=_LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunError(f"{page.name}: {Path(chromium).name} could not print it ({type(error).__name__})") from None
        if done.returncode or not target.is_file():
            raise RunError(f"{page.name}: {Path(chromium).name} could not print it (exit {done.returncode})")
        return undated(target.read_bytes(), edition)


def undated(data: bytes, edition: str) -> bytes:
    """Put the edition's date in place of the time of printing; every length stays the same, so that offsets hold."""
    stamp = (edition.replace("-", "") or "19800101").encode() + b"000000"
    return _STAMP.sub(lambda match: match[0].replace(match[2], stamp, 1), data)
