#!/usr/bin/env python3
"""Start here: python3 manage.py demo, up or test, or any Django command. It sets itself up on a fresh machine."""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def set_up(arguments):
    """Return inside the checkout's own environment. Loaded by its path: the portal itself needs packages."""
    place = ROOT / "portal" / "embedded" / "bootstrap.py"
    spec = importlib.util.spec_from_file_location("bootstrap", str(place))
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    bootstrap.enter(ROOT, arguments)


if __name__ == "__main__":
    if sys.platform == "win32":
        sys.exit(
            "Safe Return runs on Linux and on macOS. On Windows it runs inside WSL, the Linux that Windows brings."
        )
    set_up(sys.argv[1:])
    from portal.embedded.commands import run

    sys.exit(run(sys.argv[1:]))
