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
    page("desk:draft", draft_id="=unsaved"),
    file("note", slug="legal"),
    page("desk:decline_grant", "clinician", grant_id="=offer"),
    page("desk:components", is_main=True),
    page("desk:shortcuts"),
    page("desk:settings"),
    page("desk:words", "keeper"),
    page("desk:add_word", "keeper", vocabulary="care_kind"),
    page("desk:word", "keeper", word_id="=word"),
    page("desk:roles"),
    page("desk:access", "ngo_worker"),
    page("desk:access", "analyst"),
    page("desk:rules"),
    page("desk:code", query="?next=/"),
    page("desk:declare"),
    page("desk:conflicts", "privacy_officer"),
    page("desk:end_relation", "privacy_officer", conflict_id="=relation"),
    page("desk:decide_seal", "ngo_worker", approval_id="=seal_asked"),
    page("desk:decide_seal", approval_id="=seal_asked"),
    page("desk:name_custodians", "privacy_officer", seal_id="=seal_left"),
    page("desk:rules", "keeper"),
    page("desk:own_rule", "keeper", rule_id="=rule"),
    page("desk:end_several", agency_id="=agency"),
    page("desk:sessions", "keeper"),
    page("desk:set_up", "operator", is_main=True),
    page("desk:set_network", "operator"),
    page("desk:set_mail", "operator"),
    page("desk:keys", "operator"),
    page("desk:set_backup", "operator"),
    page("desk:first_day", "auditor"),
    page("desk:agencies", "operator"),
    page("desk:new_agency", "operator"),
    page("desk:agency", "operator", agency_id="=agency"),
    page("desk:change_agency", "operator", agency_id="=agency"),
    page("desk:switch_agency", "operator", agency_id="=agency"),
    page("desk:sign_agreement", "operator", agency_id="=agency"),
    page("desk:end_agreement", "operator", agency_id="=agency"),
)
PEOPLE = (
    page("desk:people", "keeper", is_main=True),
    page("desk:people", "operator"),
    page("desk:home", "keeper"),
    page("desk:person", "keeper", person_id="=colleague", is_main=True),
    page("desk:person", "keeper", person_id="=leaver", query="?closed"),
    page("desk:person_roles", "keeper", person_id="=colleague"),
    page("desk:person_teams", "keeper", person_id="=colleague"),
    page("desk:brief", "keeper", person_id="=colleague"),
    page("desk:new_factor", "keeper", person_id="=colleague"),
    page("desk:close_account", "keeper", person_id="=colleague", is_main=True),
    page("desk:reopen_account", "keeper", person_id="=leaver"),
    page("desk:invite", "keeper"),
    page("desk:invite", "operator"),
    page("desk:invitation", "keeper", invitation_id="=invited"),
    page("desk:invitation", "keeper", invitation_id="=asked_for", query="?waiting"),
    page("desk:person_change", "keeper", change_id="=decision", is_main=True),
    page("desk:person_change", "holder", change_id="=decision", query="?asked"),
    page("desk:teams", "keeper"),
    page("desk:add_team", "keeper"),
    page("desk:rename_team", "keeper", team_id="=own_team"),
    page("desk:certificates", "registrar", is_main=True),
    page("desk:certify", "registrar"),
    page("desk:add_standard", "registrar"),
    page("desk:revoke_certificate", "registrar", certificate_id="=certificate"),
    page("desk:revoke_certificate", "keeper", certificate_id="=briefing", query="?briefing"),
    page("desk:join", NOBODY, secret="=secret"),
    page("desk:join", NOBODY, secret="ended", status=404),
)
CARE = (
    page("victims:pick"),
    file("care", is_main=True),
    file("care", "supervisor", "Waiting"),
    file("care", "ngo_worker", "Conflict", status=404),
    file("care", "social_worker", "Ended"),
    file("care", query="?plan={first_plan}&finished"),
    file("assess", is_main=True),
    file("contact"),
    file("contacts"),
    file("start_plan", "social_worker", "Ended"),
    file("change_plan", plan_id="=plan"),
    file("send_plan", plan_id="=plan"),
    file("decide_plan", "supervisor", "Waiting", plan_id="=sent_plan"),
    file("add_goal", plan_id="=plan"),
    file("change_goal", goal_id="=goal"),
    file("add_action", goal_id="=goal"),
    file("cancel_action", action_id="=action"),
    page("victims:action", "clinician", action_id="=action"),
    page("victims:action", action_id="=action", query="?plan"),
)


def history(who: str, **more: Any) -> Shown:
    """Name the history of Mira's file."""
    return replace(page("desk:history", who, **more), file="Mira")


OVERSIGHT = (
    page("desk:home", "supervisor", is_main=True),
    page("desk:home", "analyst"),
    page("desk:home", "investigator"),
    page("desk:home", "shelter_worker"),
    page("desk:home", "auditor", is_main=True),
    page("desk:home", "operator"),
    page("desk:team", "supervisor", is_main=True),
    page("desk:give_task", "supervisor", task_id="=task"),
    page("desk:audit", "auditor", is_main=True),
    history("auditor", is_main=True),
    history("privacy_officer", query="?kind=refusals"),
    history("social_worker", query="?since=2020-01-01"),
)
SECONDS = (
    page("desk:emergency", is_main=True),
    file("child", "clinician", "Ended", is_main=True),
    page("desk:emergencies", "privacy_officer"),
    page("desk:emergencies", "auditor"),
    page("desk:emergency_review", "privacy_officer", emergency_id="=emergency", is_main=True),
    page("desk:emergency_review", "clinician", emergency_id="=emergency"),
    page("desk:new_extract", "ngo_worker"),
    page("desk:extract", "ngo_worker", extract_id="=extract"),
    page("desk:extract", "privacy_officer", extract_id="=long_extract"),
    page("desk:figures", "supervisor", is_main=True),
    page("desk:checkpoints", "auditor", is_main=True),
    page("desk:unusual", "auditor"),
    page("desk:review_unusual", "auditor", unusual_id="=unusual"),
    page("desk:events", "auditor", is_main=True),
    page("desk:events", "privacy_officer", query="?kind=refusals"),
    page("desk:export_events", "auditor"),
    page("desk:checkpoints", "keeper"),
    page("desk:jobs", is_main=True),
    page("desk:all_jobs", "operator"),
)
FILES = (
    page("victims:children", is_main=True),
    page("victims:children", query="?stage=6"),
    page("victims:children", "stranger"),
    page("victims:new"),
    file("child", is_main=True),
    file("child", "ngo_worker"),
    file("summary"),
    file("as_it_stood", slug="care", is_main=True),
    file("as_it_stood", slug="care", query="?on=2026-01-01&at=12:00"),
    file("step", cycle="stage", name="take_into_care"),
    file("who", is_main=True),
    file("seal"),
    file("seal", "social_worker", "Sealed", query="?others"),
    file("unseal", "social_worker", "Sealed"),
    file("who", "social_worker", "Sealed"),
    file("who", "social_worker", "Guarded"),
    file("relation"),
    file("erasure", "privacy_officer", "Closed"),
    file("erasure", "privacy_officer", "Twice", query="?asked"),
    file("erasure", "social_worker", "Gone"),
    file("keep_longer", "privacy_officer", "Closed"),
    file("hold", "investigator", "Follow"),
    page("desk:hold", "investigator", hold_id="=hold"),
    page("desk:decide_erasure", "supervisor", approval_id="=erasure"),
    page("desk:decide_erasure", "privacy_officer", approval_id="=erased"),
    file("give_access"),
    file("give_access", query="?agency={agency}"),
    file("flags"),
    file("end_flag", flag_id="=flag"),
    file("add_task"),
    file("end_link", "investigator", "Sought", series_id="=stairs"),
    file("who", "clinician", "Ended", query="?passed-on"),
    file("renew_access", grant_id="=grant"),
    file("pass_on", "clinician", "Ended", grant_id="=passable"),
    file("pass_on", "clinician", "Ended", grant_id="=passable", query="?agency={agency}"),
    file("end_access", grant_id="=grant"),
    file("end_access", "ngo_worker", grant_id="=grant"),
    page("desk:confirmations"),
    page("desk:agency_access", agency_id="=agency", is_main=True),
    page("desk:agency_access", "ngo_worker", agency_id="=own_agency"),
    page("desk:legal_bases"),
    page("desk:legal_bases", "operator"),
    page("desk:add_legal_basis", "operator"),
    page("desk:end_legal_basis", "operator", basis_id="=basis"),
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
    page("victims:ask_holder", "analyst", pair_id="=proposed", team_id="=holder"),
    page("victims:match_question", "foreign", pair_id="=match", question_id="=question"),
    page("victims:add_evidence", "analyst", series_id="=stairs", slug="clues"),
    page("victims:add_evidence", "analyst", series_id="=stairs", slug="identifiers"),
    page("victims:edit_evidence", "analyst", series_id="=stairs", slug="clues", record_id="=clue"),
    page("victims:link", "analyst", series_id="=series"),
)


def paper(name: str, who: str = "social_worker", which: str = "ordered", /, **more: Any) -> Shown:
    """Name a page of a disclosure."""
    return page(f"victims:{name}", who, disclosure_id=f"={which}", **more)


ANSWERS = (
    file("disclosures", is_main=True),
    file("ask_disclosure", is_main=True),
    paper("disclosure"),
    paper("disclosure", "social_worker", "given", is_main=True),
    paper("read_disclosure"),
    paper("read_disclosure", "supervisor", is_main=True),
    paper("read_disclosure", "privacy_officer", "copied"),
    paper("compare_disclosure", "social_worker", "given"),
    file("requests", is_main=True),
    file("record_request"),
    file("request", request_id="=copy_asked"),
    file("request", request_id="=wrong", query="?wrong", is_main=True),
    file("copy_for_child", request_id="=copy_asked"),
    file("request_longer", request_id="=copy_asked"),
    file("answer_request", request_id="=copy_asked"),
    file("decline_request", request_id="=copy_asked"),
    file("add_correction", request_id="=wrong"),
    file("decide_correction", correction_id="=undecided"),
    file("state_disagreement", correction_id="=undecided"),
)


def bed(name: str, who: str = "social_worker", child: str = "Waiting", /, **more: Any) -> Shown:
    """Name a page of a child's beds."""
    return replace(page(f"shelters:{name}", who, **more), file=child)


SHELTERS = (
    page("shelters:find", is_main=True),
    page("shelters:find", "shelter_worker"),
    page("shelters:find", "supervisor", query="?licence=ended"),
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


def hand_over(name: str, who: str, which: str = "begun", /, **more: Any) -> Shown:
    """Name a page of a hand-over."""
    return page(f"referrals:{name}", who, hand_over_id=f"={which}", **more)


HAND_OVERS = (
    replace(page("referrals:start_hand_over", "investigator"), file="Rescued"),
    replace(page("referrals:start_hand_over", "investigator", query="?agency={agency}"), file="Rescued"),
    hand_over("hand_over", "investigator", is_main=True),
    hand_over("hand_over", "shelter_worker", "to_receive", is_main=True),
    hand_over("hand_over", "social_worker", "handed"),
    hand_over("paper", "investigator"),
    hand_over("add_thing", "investigator"),
    hand_over("thing", "investigator", item_id="=thing"),
    hand_over("thing", "shelter_worker", "to_receive", item_id="=given_thing"),
    hand_over("hand_over_how", "investigator"),
    hand_over("hand_over_how", "shelter_worker", "to_receive"),
    hand_over("hand_over_sign", "investigator", "to_give", is_main=True),
    hand_over("hand_over_sign", "shelter_worker", "to_receive"),
    hand_over("refuse_hand_over", "shelter_worker", "to_receive"),
    hand_over("cancel_hand_over", "investigator"),
)


def referral(name: str, who: str = "social_worker", child: str = "Follow", /, **more: Any) -> Shown:
    """Name a page of a child's referrals."""
    return replace(page(f"referrals:{name}", who, **more), file=child)


REFERRALS = (
    page("referrals:services"),
    page("referrals:services", "ngo_worker", query="?kind=mental_health"),
    page("referrals:service", service_id="=service"),
    page("referrals:service", "ngo_worker", service_id="=service"),
    page("referrals:new_service", "ngo_worker"),
    page("referrals:change_service", "ngo_worker", service_id="=service"),
    page("referrals:full", "ngo_worker", service_id="=service"),
    page("referrals:inbox", "ngo_worker", is_main=True),
    page("referrals:inbox", "ngo_worker", query="?as=list"),
    page("referrals:inbox", "stranger"),
    page("referrals:past", "ngo_worker", which="declined"),
    page("referrals:from_us"),
    page("referrals:asked", "ngo_worker", referral_id="=sent"),
    page("referrals:asked", "ngo_worker", referral_id="=accepted", query="?accepted"),
    page("referrals:accept", "ngo_worker", referral_id="=claimed"),
    page("referrals:decline", "ngo_worker", referral_id="=claimed", is_main=True),
    page("referrals:result", "ngo_worker", referral_id="=accepted"),
    referral("referrals"),
    referral("new", "social_worker", "Mira"),
    referral("new", "social_worker", "Mira", query="?kind=mental_health"),
    referral("ask", "social_worker", "Waiting", service_id="=service"),
    referral("rewrite", "social_worker", "Mira", referral_id="=draft"),
    referral("preview", "social_worker", "Mira", referral_id="=draft", is_main=True),
    referral("referral", referral_id="=sent"),
    referral("take_back", referral_id="=sent"),
)
SIGN_IN = (
    page("account_login", NOBODY),
    page("account_reauthenticate", "auditor"),  # who has a second factor confirms by that
    page("mfa_index", "keeper"),
    page("mfa_activate_totp"),
    page("mfa_view_recovery_codes", "keeper"),
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
PAGES = (
    *SIGN_IN, *DESK, *PEOPLE, *CARE, *OVERSIGHT, *SECONDS, *FILES, *SERIES, *SHELTERS, *HAND_OVERS, *REFERRALS, *SELDOM, *ANSWERS,
)  # fmt: skip
NO_PAGES = (  # these answer a GET with no page: they take a POST, hand over a file or a part, or lead elsewhere
    page("desk:lock"),
    page("desk:seen", notice_id="=task"),
    page("desk:remind", task_id="=task"),
    file("ask_renewal", "ngo_worker", grant_id="=grant"),
    page("desk:accept_grant", grant_id="=grant"),
    page("desk:keep_draft"),
    page("desk:saved_meanwhile"),
    page("desk:health"),
    page("desk:checkpoint_feed"),
    page("desk:send_invitation", "keeper", invitation_id="=invited"),
    page("desk:withdraw_invitation", "keeper", invitation_id="=invited"),
    page("desk:take_back_change", "holder", change_id="=decision"),
    page("desk:try_mail", "operator"),
    page("desk:new_team", "operator", agency_id="=agency"),  # there are files: the agency makes its own
    page("desk:end_sessions", "keeper"),
    page("desk:cancel_job", job_id="=task"),
    page("desk:retry_job", job_id="=task"),
    page("desk:end_session", "keeper", session_id="=task"),
    page("desk:end_emergency", "clinician", grant_id="=emergency_grant"),
    page("desk:take_extract", "ngo_worker", extract_id="=extract"),
    page("victims:take_document", document_id="=document"),
    paper("take_disclosure", "social_worker", "given"),
    paper("make_disclosure"),
    paper("withdraw_disclosure"),
    page("desk:take_back", "privacy_officer", approval_id="=erasure"),
    file("withdraw_statement", correction_id="=undecided"),
    file("print"),
    file("attachment", slug="care", attachment_id="=letter"),
    page("victims:document_state", document_id="=document"),
    page("victims:import_progress", "analyst", import_id="=import"),
    page("victims:read_now", "analyst", import_id="=waiting"),
    page("victims:claim_next", "analyst"),
    page("victims:claim_match", "analyst", pair_id="=match"),
    page("victims:give_back_match", "analyst", pair_id="=match"),
    bed("renew", placement_id="=held"),
    file("remind", action_id="=action"),
    page("shelters:count", "shelter_worker", shelter_id="=shelter"),
    hand_over("tick", "investigator", item_id="=thing"),
    hand_over("hand_over_state", "investigator"),
    hand_over("receipt", "social_worker", "handed"),
    page("referrals:still_right", "ngo_worker", service_id="=service"),
    page("referrals:claim_next", "ngo_worker"),
    page("referrals:claim", "ngo_worker", referral_id="=sent"),
    page("referrals:start", "ngo_worker", referral_id="=accepted"),
    referral("drop", "social_worker", "Mira", referral_id="=draft"),
    referral("remind", referral_id="=sent"),
    referral("letter", referral_id="=sent"),
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
