"""Every page that a GET can open: who sees most of it, and where it stands. A new page must be named here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from tests.journeys.scene import Scene


@dataclass(frozen=True)
class Shown:
    """One page: its URL name, who opens it, the parts of its address."""

    name: str
    who: str = "social_worker"
    parts: Callable[[Scene], dict[str, Any]] = field(default=lambda scene: {})
    query: str = ""
    file: str = ""  # the child's file that the page belongs to
    status: int = 200
    is_main: bool = False  # looked at in every width

    @property
    def id(self) -> str:
        return f"{self.name.rpartition(':')[2]}{self.query}{'-' + self.file if self.file else ''}-{self.who or 'nobody'}"

    def address(self, scene: Scene) -> str:
        parts = self.parts(scene) | ({"child_id": scene.file(self.file)} if self.file else {})
        return reverse(self.name, kwargs=parts) + self.query


def of(**parts: str) -> Callable[[Scene], dict[str, Any]]:
    """Return what fills an address: a plain word as it is, "=entry" as the id of that name in the scene."""
    return lambda scene: {name: scene.ids[part[1:]] if part[0] == "=" else part for name, part in parts.items()}


def file(page: str, who: str = "social_worker", child: str = "Mira", /, **more: Any) -> Shown:
    """A page of a child's file; what is not a fact of the page is a part of its address."""
    facts = {name: more.pop(name) for name in ("query", "status", "is_main") if name in more}
    return Shown(f"victims:{page}", who, of(**more), file=child, **facts)


NOBODY = ""
DESK = (
    Shown("desk:home", is_main=True),
    Shown("desk:home", "stranger"),
    Shown("desk:home", "ngo_worker"),
    Shown("desk:search"),
    Shown("desk:notices", is_main=True),
    Shown("desk:notices", "keeper"),
    Shown("desk:task_done", parts=of(task_id="=task")),
    Shown("desk:components", is_main=True),
    Shown("desk:shortcuts"),
    Shown("desk:words", "keeper"),
    Shown("desk:add_word", "keeper", of(vocabulary="care_kind")),
    Shown("desk:word", "keeper", of(word_id="=word")),
)
FILES = (
    Shown("victims:children", is_main=True),
    Shown("victims:children", query="?stage=6"),
    Shown("victims:children", "stranger"),
    Shown("victims:new"),
    Shown("victims:new", query="?searched=1&code_name=Mi"),
    Shown("victims:new", query="?searched=1&code_name=Nobody"),
    file("child", is_main=True),
    file("child", "ngo_worker", "Waiting"),
    file("summary"),
    file("step", cycle="stage", name="take_into_care"),
    file("who"),
    file("give_access"),
    file("end_access", grant_id="=grant"),
    file("looks"),
    file("changes", source="child", history_id="=child_change"),
    file("changes", source="care", history_id="=entry_change"),
    *(file("section", slug=slug) for slug in ("identity", "whereabouts", "legal", "health")),
    file("section", slug="care", is_main=True),
    file("section", "clinician", slug="therapy"),
    file("section", "investigator", "Sought", slug="investigation"),
    file("section", "investigator", "Sought", slug="suspects"),
    file("section", "ngo_worker", slug="identity", status=403),
    *(file("add", slug=slug) for slug in ("care", "legal")),
    file("add", "clinician", slug="therapy"),
    file("add", "clinician", slug="health"),
    file("add", "investigator", "Sought", slug="suspects"),
    file("add", "investigator", "Sought", slug="investigation"),
    file("note", slug="care"),
    file("attach", slug="care"),
    file("edit", slug="care", record_id="=entry"),
    Shown("victims:document", parts=of(document_id="=document"), file=""),
)
SERIES = (
    Shown("victims:series", "analyst"),
    Shown("victims:series", "foreign"),
    Shown("victims:imports", "analyst"),
    Shown("victims:imports", "foreign"),
    Shown("victims:upload", "analyst"),
    Shown("victims:import", "analyst", of(import_id="=import")),
    Shown("victims:import", "analyst", of(import_id="=waiting"), query="?waiting"),
    Shown("victims:one_series", "analyst", of(series_id="=series")),
)
SIGN_IN = (
    Shown("account_login", NOBODY),
    Shown("account_signup", NOBODY),
    Shown("account_inactive", NOBODY),
    Shown("account_reset_password", NOBODY),
    Shown("account_reset_password_done", NOBODY),
    Shown("account_reset_password_from_key", NOBODY, of(uidb36="x", key="y-z")),
    Shown("account_reset_password_from_key_done", NOBODY),
    Shown("account_email_verification_sent", NOBODY),
    Shown("account_confirm_email", NOBODY, of(key="x")),
    Shown("account_logout", "keeper"),
    Shown("account_reauthenticate", "keeper"),
    Shown("account_email", "keeper"),
    Shown("account_change_password", "keeper"),
    Shown("account_set_password"),
    Shown("mfa_index", "keeper"),
    Shown("mfa_index"),
    Shown("mfa_reauthenticate", "keeper"),
    Shown("mfa_activate_totp"),
    Shown("mfa_deactivate_totp", "keeper"),
    Shown("mfa_view_recovery_codes", "keeper"),
    Shown("mfa_generate_recovery_codes", "keeper"),
    Shown("mfa_list_webauthn", "holder"),
    Shown("mfa_add_webauthn", "keeper"),
    Shown("mfa_remove_webauthn", "holder", of(pk="=key")),
    Shown("mfa_edit_webauthn", "holder", of(pk="=key")),
    Shown("mfa_reauthenticate_webauthn", "keeper"),
    Shown("usersessions_list", "keeper"),
)
PAGES = (*DESK, *FILES, *SERIES, *SIGN_IN)
NO_PAGES = {  # these answer a GET with no page: they take a POST, hand over a file or a part, or lead elsewhere
    "desk:lock": "405",
    "desk:seen": "405",
    "desk:accept_grant": "405",
    "desk:health": "text",
    "victims:print": "405",
    "victims:attachment": "file",
    "victims:import_progress": "part",
    "victims:read_now": "405",
    "account_confirm_login_code": "elsewhere",
    "mfa_authenticate": "elsewhere",
    "mfa_download_recovery_codes": "file",
    "mfa_login_webauthn": "data",
    "set_language": "405",
}


def names() -> Iterator[str]:
    """Return every URL name of the portal."""
    yield from names_under(get_resolver(), "")


def names_under(resolver: Any, space: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"
        else:
            yield from names_under(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
