"""The portal as a process of its own, with a data folder of its own, seen from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from portal.embedded.folder import ROOT

LED_ELSEWHERE = ("DATABASE_", "SAFE_RETURN_", "BROKER_URL", "CACHE_URL")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """As at a terminal: without the addresses of the servers that this test run uses. A third of the files will do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LED_ELSEWHERE)}
    return kept | {"SAFE_RETURN_DATA": str(folder), "PYTHONUNBUFFERED": "1", "SAFE_RETURN_DEMO_EVERY": "7"} | more


def run(folder: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, str(ROOT / "manage.py"), *words]
    return subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=False, timeout=120)


def at_work_in(folder: Path) -> list[psutil.Process]:
    """Every process that was told of this data folder or works inside it, whoever started it and whoever owns it."""
    return [process for process in psutil.process_iter() if _belongs(process, folder)]


def _belongs(process: psutil.Process, folder: Path) -> bool:
    try:
        told = process.environ().get("SAFE_RETURN_DATA") == str(folder)
        return told or Path(process.cwd()).is_relative_to(folder)  # Valkey writes its title over its environment
    except psutil.Error:
        return False


def wait_for(condition: Callable[[], object], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
