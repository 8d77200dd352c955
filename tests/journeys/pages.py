"""Every page that a GET can open: who sees most of it, and where it stands. A new page must be named here."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import URLPattern, get_resolver, reverse

from tests.journeys.scene import Scene


@dataclass(frozen=True)
class Shown:
    """One page: its URL name, who opens it, and the parts of its address ("=entry" is the id of that name in the scene)."""

    name: str
    who: str = "social_worker"
    parts: dict[str, str] = field(default_factory=dict)
    query: str = ""
    file: str = ""  # the child's file that the page belongs to
    status: int = 200
    is_main: bool = False  # looked at in every width

    @property
    def id(self) -> str:
        """Return the page's name in reports and pictures: section-care-Mira-social_worker."""
        fixed = [part for part in self.parts.values() if part[0] != "="]
        words = [
            self.name.rpartition(":")[2],
            *fixed,
            self.file,
            self.who or "nobody",
            self.query.strip("?").partition("={")[0],
        ]
        return "-".join(filter(None, words)).replace("&", "-")

    def address(self, scene: Scene) -> str:
        parts = {name: scene.ids[part[1:]] if part[0] == "=" else part for name, part in self.parts.items()}
        if self.file:
            parts["child_id"] = scene.file(self.file)
        return reverse(self.name, kwargs=parts) + self.query.format(**scene.ids)


def page(name: str, who: str = "social_worker", /, **more: Any) -> Shown:
    """Name a page; what is not a fact of the page is a part of its address."""
    facts = {name: more.pop(name) for name in ("query", "status", "is_main") if name in more}
    return Shown(name, who, more, **facts)


def file(name: str, who: str = "social_worker", child: str = "Mira", /, **more: Any) -> Shown:
    """Name a page of a child's file."""
    return replace(page(f"victims:{name}", who, **more), file=child)


NOBODY = ""
DESK = (
    page("desk:home", is_main=True),
    page("desk:home", "stranger"),
    page("desk:home", "ngo_worker"),
    page("desk:search"),
    page("desk:notices", is_main=True),
    page("desk:notices", "keeper"),
    page("desk:task_done", task_id="=task"),
    page("desk:decline_grant", "clinician", grant_id="=offer"),
    page("desk:components", is_main=True),
    page("desk:shortcuts"),
    page("desk:settings"),
    page("desk:words", "keeper"),
    page("desk:add_word", "keeper", vocabulary="care_kind"),
    page("desk:word", "keeper", word_id="=word"),
    page("desk:rules"),
)
FILES = (
    page("victims:children", is_main=True),
    page("victims:children", query="?stage=6"),
    page("victims:children", "stranger"),
    page("victims:new"),
    file("child", is_main=True),
    file("child", "ngo_worker"),
    file("summary"),
    file("step", cycle="stage", name="take_into_care"),
    file("who", is_main=True),
    file("give_access"),
    file("give_access", query="?agency={agency}"),
    file("flags"),
    file("end_flag", flag_id="=flag"),
    file("add_task"),
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
    page("victims:document", document_id="=document"),
    file("rescue", "investigator", "Planned", is_main=True),
    file("propose", "investigator", "Sought"),
    file("make_probable", "investigator", "Named"),
    file("transfer"),
    file("transfer", query="?agency={agency}"),
)
SERIES = (
    page("victims:series", "analyst"),
    page("victims:series", "foreign"),
    page("victims:imports", "analyst"),
    page("victims:imports", "foreign"),
    page("victims:upload", "analyst"),
    page("victims:import", "analyst", import_id="=import"),
    page("victims:import", "analyst", import_id="=waiting", query="?waiting"),
    page("victims:one_series", "analyst", series_id="=series"),
    page("victims:one_series", "analyst", series_id="=stairs", query="?described"),
    page("victims:matches", "analyst"),
    page("victims:matches", "foreign", query="?state=same"),
    page("victims:match", "analyst", pair_id="=match", is_main=True),
    page("victims:match", "analyst", pair_id="=proposed", query="?proposed"),
    page("victims:match", "foreign", pair_id="=match", query="?claimed"),
    page("victims:ask_holder", "analyst", pair_id="=match", team_id="=holder"),
    page("victims:match_question", "foreign", pair_id="=match", question_id="=question"),
    page("victims:add_evidence", "analyst", series_id="=stairs", slug="clues"),
    page("victims:add_evidence", "analyst", series_id="=stairs", slug="identifiers"),
    page("victims:edit_evidence", "analyst", series_id="=stairs", slug="clues", record_id="=clue"),
    page("victims:link", "analyst", series_id="=series"),
)


def bed(name: str, who: str = "social_worker", child: str = "Waiting", /, **more: Any) -> Shown:
    """Name a page of a child's beds."""
    return replace(page(f"shelters:{name}", who, **more), file=child)


SHELTERS = (
    page("shelters:find", is_main=True),
    page("shelters:find", "shelter_worker"),
    bed("find_for", "social_worker", "Ended", is_main=True),
    bed("placements"),
    bed("placement", placement_id="=held", is_main=True),
    bed("placement", "social_worker", "Short", placement_id="=stay"),
    bed("placement", "shelter_worker", "Short", placement_id="=stay"),
    bed("release", placement_id="=held"),
    bed("admit", placement_id="=held"),
    bed("end", "social_worker", "Short", placement_id="=stay"),
    bed("change_bed", "shelter_worker", "Short", placement_id="=stay"),
    bed("find_for", "social_worker", "Short"),
    page("shelters:licence", "social_worker", shelter_id="=lapsed"),
    page("shelters:licence", "supervisor", shelter_id="=lapsed"),
    page("shelters:new", "shelter_worker"),
    page("shelters:shelter", "shelter_worker", shelter_id="=shelter", is_main=True),
    page("shelters:change", "shelter_worker", shelter_id="=shelter"),
    page("shelters:address", "shelter_worker", shelter_id="=shelter"),
    page("shelters:add_bed", "shelter_worker", shelter_id="=shelter"),
    page("shelters:bed", "shelter_worker", shelter_id="=shelter", bed_id="=bed"),
    page("shelters:asked", "shelter_worker", placement_id="=held", is_main=True),
    page("shelters:turn_down", "shelter_worker", placement_id="=held"),
)
SIGN_IN = (
    page("account_login", NOBODY),
    page("account_reauthenticate", "keeper"),
    page("mfa_index", "keeper"),
    page("mfa_activate_totp"),
    page("mfa_view_recovery_codes", "keeper"),
    page("usersessions_list", "keeper"),
)
SELDOM = (  # drawn by the library out of the same elements
    page("account_reset_password", NOBODY),
    page("account_reset_password_done", NOBODY),
    page("account_reset_password_from_key", NOBODY, uidb36="x", key="y-z"),
    page("account_reset_password_from_key_done", NOBODY),
    page("account_logout", "keeper"),
    page("account_change_password", "keeper"),
    page("account_set_password"),
    page("mfa_reauthenticate", "keeper"),
    page("mfa_deactivate_totp", "keeper"),
    page("mfa_generate_recovery_codes", "keeper"),
    page("mfa_list_webauthn", "holder"),
    page("mfa_add_webauthn"),
    page("mfa_remove_webauthn", "holder", pk="=key"),
    page("mfa_edit_webauthn", "holder", pk="=key"),
)
PAGES = (*DESK, *FILES, *SERIES, *SHELTERS, *SIGN_IN, *SELDOM)
NO_PAGES = (  # these answer a GET with no page: they take a POST, hand over a file or a part, or lead elsewhere
    page("desk:lock"),
    page("desk:seen", notice_id="=task"),
    page("desk:accept_grant", grant_id="=grant"),
    page("desk:health"),
    page("victims:take_document", document_id="=document"),
    file("print"),
    file("attachment", slug="care", attachment_id="=letter"),
    page("victims:document_state", document_id="=document"),
    page("victims:import_progress", "analyst", import_id="=import"),
    page("victims:read_now", "analyst", import_id="=waiting"),
    page("victims:claim_next", "analyst"),
    page("victims:claim_match", "analyst", pair_id="=match"),
    page("victims:give_back_match", "analyst", pair_id="=match"),
    bed("renew", placement_id="=held"),
    page("shelters:count", "shelter_worker", shelter_id="=shelter"),
    page("mfa_authenticate"),
    page("mfa_download_recovery_codes", "keeper"),
    page("mfa_login_webauthn"),
    page("mfa_reauthenticate_webauthn", "keeper"),  # leads on who has no key; with one: test_sign_in
    page("set_language"),
)


def names() -> Iterator[str]:
    """Return every URL name of the portal."""
    yield from names_under(get_resolver(), "")


def names_under(resolver: Any, space: str) -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}"
        else:
            yield from names_under(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)
