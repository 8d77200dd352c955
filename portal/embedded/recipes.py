"""How the web server, the worker and the beat are started and ended."""

import os
import signal
import sys
from collections.abc import Mapping

from portal.embedded.folder import ROOT, DataFolder
from portal.embedded.processes import Recipe

# Whoever breaks into a process finds the passwords in its environment: each gets what it needs.
KEPT = {
    "web": ("DATABASE_OWNER_URL", "DATABASE_CLOCK_URL", "DATABASE_ANCHOR_URL"),
    "worker": ("DATABASE_OWNER_URL", "DATABASE_ANCHOR_URL"),
    "beat": ("DATABASE_OWNER_URL", "DATABASE_ANCHOR_URL"),
    "anchor": (
        "DATABASE_OWNER_URL", "DATABASE_CLOCK_URL", "DATABASE_URL", "SAFE_RETURN_SECRET_KEY", "SAFE_RETURN_KEYS",
        "SAFE_RETURN_EVENT_KEYS", "BROKER_URL", "CACHE_URL",
    ),
    "backup": ("DATABASE_OWNER_URL", "DATABASE_CLOCK_URL", "DATABASE_URL", "DATABASE_ANCHOR_URL"),
}  # fmt: skip


def web(folder: DataFolder, env: Mapping[str, str], descriptor: int) -> Recipe:
    """The launcher owns the listening socket, so a restarted web server finds the same port and waiting browsers."""
    # Slow senders hold a thread each: there are many. A full process takes no connection that another one could answer.
    size = "--worker-class portal.web.Worker --workers 2 --threads 32 --worker-connections 32 --keep-alive 0"
    size += " --graceful-timeout 5 --no-control-socket"
    recipe = _python("web", folder, env, "gunicorn", "portal.wsgi", "--bind", f"fd://{descriptor}", *size.split())
    recipe.inherits = (descriptor,)
    return recipe


def worker(folder: DataFolder, env: Mapping[str, str]) -> Recipe:
    words = "-A portal worker --concurrency 2 --without-mingle --without-gossip --loglevel WARNING"
    words += " --include portal.embedded.lifeline"
    recipe = _python("worker", folder, env, "celery", *words.split())
    # Without its broker Celery may never come to an end. A job that is cut short runs again.
    recipe.orphaned_with = signal.SIGKILL
    return recipe


def beat(folder: DataFolder, env: Mapping[str, str]) -> Recipe:
    words = "-A portal beat --pidfile= --loglevel WARNING --schedule"
    recipe = _python("beat", folder, env, "celery", *words.split(), str(folder.beat / "schedule"))
    recipe.orphaned_with = signal.SIGKILL
    return recipe


def anchor(folder: DataFolder, env: Mapping[str, str]) -> Recipe:
    """It alone is told where the key lies that signs checkpoints."""
    own = {"SAFE_RETURN_AS": "anchor", "SAFE_RETURN_ANCHOR_KEY": str(folder.anchor_key())}
    return _python("anchor", folder, {**env, **own}, "django", "anchor")


def backup(folder: DataFolder, env: Mapping[str, str]) -> Recipe:
    """It joins the servers of the folder like a command at a terminal."""
    return _recipe("backup", folder, env, [str(ROOT / "manage.py"), "backup", "--test"])


def _python(name: str, folder: DataFolder, env: Mapping[str, str], module: str, *words: str) -> Recipe:
    return _recipe(name, folder, env, ["-m", module, *words])


def _recipe(name: str, folder: DataFolder, env: Mapping[str, str], words: list[str]) -> Recipe:
    return Recipe(
        name=name,
        command=[sys.executable, *words],
        log=folder.logs / f"{name}.log",
        env={key: value for key, value in (os.environ | dict(env)).items() if key not in KEPT[name]},
        folder=ROOT,
    )
