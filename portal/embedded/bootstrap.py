"""From a fresh machine to the checkout's own environment, with nothing but the standard library.

Older Pythons must be able to read this file too, to say what is missing.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import fcntl
import functools
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    Step = tuple[str, Callable[[], None]]

OLDEST = (3, 11)
NEEDED = ("django", "celery", "guardian", "psycopg")
NEWER_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
# What makes the PDFs: the library as the system names it, and the Debian package that brings it.
LIBRARIES = {
    "pango-1.0": "libpango-1.0-0",
    "pangoft2-1.0": "libpangoft2-1.0-0",
    "harfbuzz-subset": "libharfbuzz-subset0",
}
# The first draws no window of its own around the page, which saves a quarter of the browser's work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=120")
LOCKS = {"run": "requirements.txt", "test": "requirements-dev.txt"}
# How uv calls what pip was told in its own configuration.
INDEX_SETTINGS = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}


class Missing(Exception):
    """Something that only the person at the terminal can put right."""


def enter(root: Path, arguments: list[str]) -> None:
    """Return when this process runs inside the checkout's environment with everything installed."""
    if "DATABASE_URL" in os.environ and all(map(importlib.util.find_spec, NEEDED)):
        return  # somebody else prepared this machine, or this is a child of the launcher
    try:
        _check_python(root, arguments)
        environment = Environment(root, arguments)
        if not environment.is_ready():
            _set_up(environment)
    except Missing as missing:
        sys.exit(f"\n{missing}")
    if not environment.is_ours():
        # A dozen processes and more follow: modules are compiled once, whatever this account usually does.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        _become(environment.python, root, arguments)


def _set_up(environment: Environment) -> None:
    """One process at a time: the others wait here, and then find everything done."""
    folder = os.open(str(environment.root), os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        if not environment.is_ready():
            print("Setting up this checkout: this happens once, and again when its packages change.")
            _take(environment.steps())
    finally:
        os.close(folder)


def _take(steps: list[Step]) -> None:
    for number, (label, step) in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {label} ... ", end="", flush=True)
        began = time.time()
        try:
            step()
        except Missing:
            print("failed")
            raise
        print(f"{time.time() - began:.0f} s", flush=True)


class Environment:
    """The folder .venv of a checkout, and the stamp in it that says which lock file it was filled from."""

    def __init__(self, root: Path, arguments: list[str]) -> None:
        self.root = root
        self.kind = "test" if arguments[:1] == ["test"] else "run"
        self.needs_browser = arguments == ["test"]
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / "installed.json"

    def is_ours(self) -> bool:
        return os.path.realpath(sys.prefix) == os.path.realpath(str(self.folder))

    def is_ready(self) -> bool:
        installed = self.python.exists() and self._installed().get(self.kind) == self._lock_hash(self.kind)
        return installed and not missing_libraries() and not (self.needs_browser and find_browser() is None)

    def steps(self) -> list[Step]:
        steps = [
            ("Libraries that make PDFs", install_libraries),
            ("Environment in .venv", self.make),
            ("Installer of packages", self.install_installer),
            ("Packages of " + LOCKS[self.kind], self.install_packages),
        ]
        if self.needs_browser:
            steps.insert(1, ("Chromium, for the browser tests", install_browser))
        return steps

    def make(self) -> None:
        if _works(self.python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
            return
        if importlib.util.find_spec("ensurepip") is None:
            package = f"python3.{sys.version_info[1]}-venv"
            install([package], "This Python cannot make environments: Debian keeps that in a package of its own.")
        _run("Making the environment", sys.executable, "-m", "venv", "--clear", self.folder)

    def install_installer(self) -> None:
        """Not to get uv is no failure: pip does the same, in more time."""
        if not _works(self.python, "-m", "pip", "--version"):
            _run("Adding pip to the environment", self.python, "-m", "ensurepip")
        if self._uv() is None:
            lock = Path(__file__).with_name("installer.txt")
            _works(self.python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock)

    def install_packages(self) -> None:
        if self.stamp.exists():
            self.stamp.unlink()
        wanted = ("--quiet", "--require-hashes", "-r", self.root / LOCKS[self.kind])
        uv = self._uv()
        if not (uv and _works(uv, "pip", "install", "--python", self.python, *wanted, env=self._index())):
            _run("Installing the packages", self.python, "-m", "pip", "install", *wanted)
        self._put_stamp()

    def _uv(self) -> str | None:
        inside = self.folder / "bin" / "uv"
        return str(inside) if inside.exists() else shutil.which("uv")

    def _index(self) -> dict[str, str]:
        """Where pip was told to look for packages, uv must look too."""
        told = _quietly((self.python, "-m", "pip", "config", "list"))
        env = dict(os.environ)
        for line in told.stdout.decode().splitlines():
            name, _equals, value = line.partition("=")
            setting = INDEX_SETTINGS.get(name.rpartition(".")[2])
            if setting:
                env.setdefault(setting, value.strip("'\""))
        return env

    def _installed(self) -> dict[str, str]:
        try:
            return json.loads(self.stamp.read_text())
        except (OSError, ValueError):
            return {}

    def _lock_hash(self, kind: str) -> str:
        return hashlib.sha256((self.root / LOCKS[kind]).read_bytes()).hexdigest()

    def _put_stamp(self) -> None:
        """The lock file of the tests holds everything that the other one holds."""
        kinds = LOCKS if self.kind == "test" else ["run"]
        draft = self.stamp.with_suffix(".new")
        draft.write_text(json.dumps({kind: self._lock_hash(kind) for kind in kinds}))
        draft.replace(self.stamp)


def install_libraries() -> None:
    missing = missing_libraries()
    if missing:
        packages = [LIBRARIES[name] for name in missing]
        install(packages, "The libraries that make PDFs are missing: {}.".format(", ".join(missing)))


def missing_libraries() -> list[str]:
    return [name for name in LIBRARIES if not _loads(name)]


def _loads(name: str) -> bool:
    on_linux = f"lib{name}.so.0"
    try:
        ctypes.CDLL(on_linux if sys.platform.startswith("linux") else ctypes.util.find_library(name) or on_linux)
    except OSError:
        return False
    return True


def install_browser() -> None:
    if find_browser() is None:
        install([BROWSERS[0]], "The browser tests need Chromium.")


def find_browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def install(packages: list[str], why: str) -> None:
    """Debian's packages, where this account may install them; otherwise the line to type."""
    line = "apt-get install -y " + " ".join(packages)
    if shutil.which("apt-get") is None:
        names = ", ".join(packages)
        raise Missing(why + f"\nInstall what Debian calls {names}, then start again. On macOS: brew install pango")
    if os.geteuid() != 0:
        raise Missing(why + "\nRun this line, then start again:\n\n    sudo " + line)
    _renew_lists()
    _run(why, *APT, "install", "-y", "--no-install-recommends", *packages, env=_unattended())


@functools.lru_cache(maxsize=1)
def _renew_lists() -> None:
    """Once is enough. Where it fails, the lists of last time may still do."""
    _works(*APT, "update", env=_unattended())


def _unattended() -> dict[str, str]:
    return dict(os.environ, DEBIAN_FRONTEND="noninteractive")


def _check_python(root: Path, arguments: list[str]) -> None:
    """Go on with a newer Python where there is one."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        found = shutil.which(name)
        if found and _works(found, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
            _become(found, root, arguments)
    raise Missing(
        "Safe Return needs Python 3.11 or newer; this is {}.{}.\n".format(*sys.version_info[:2])
        + "Install one (Debian 12 and Ubuntu 24.04 bring it; on Ubuntu 22.04: sudo apt-get install -y "
        "python3.11 python3.11-venv), then start again."
    )


def _become(python: Path | str, root: Path, arguments: list[str]) -> NoReturn:
    os.execv(str(python), [str(python), str(root / "manage.py"), *arguments])  # noqa: S606


def _works(*words: object, **how: Any) -> bool:
    """Whether a command succeeds; what it says is of no interest."""
    try:
        return _quietly(words, **how).returncode == 0
    except OSError:
        return False


def _run(what: str, *words: object, **how: Any) -> None:
    done = _quietly(words, **how)
    if done.returncode:
        end = "\n".join("    " + line for line in done.stdout.decode(errors="replace").splitlines()[-15:])
        line = " ".join(str(word) for word in words)
        raise Missing(
            f"{what} did not work. This was the command:\n\n    {line}\n\nand the end of what it said:\n\n{end}\n\n"
            "Put that right (is the network there? is the disk full? may this account write to .venv?), "
            "then start again: what is done stays done."
        )


def _quietly(words: tuple[object, ...], **how: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603
        [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how
    )
