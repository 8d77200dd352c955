"""Addresses of the desk."""

from django.urls import path

from portal.desk.views import apart, codes, gallery, history, home, mine, offers, rules, team, words

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("lock/", home.lock, name="lock"),
    path("code/", codes.code, name="code"),
    path("notices/", home.notices, name="notices"),
    path("notices/<uuid:notice_id>/seen/", home.seen, name="seen"),
    path("tasks/<uuid:task_id>/done/", home.task_done, name="task_done"),
    path("grants/<uuid:grant_id>/accept/", offers.accept_grant, name="accept_grant"),
    path("grants/<uuid:grant_id>/decline/", offers.decline_grant, name="decline_grant"),
    path("components/", gallery.components, name="components"),
    path("settings/", mine.preferences, name="settings"),
    path("access/", mine.access, name="access"),
    path("roles/", rules.roles, name="roles"),
    path("time-limits/", rules.rules, name="rules"),
    path("time-limits/<uuid:rule_id>/", rules.own_rule, name="own_rule"),
    path("shortcuts/", mine.shortcuts, name="shortcuts"),
    path("vocabularies/", words.listed, name="words"),
    path("vocabularies/<slug:vocabulary>/add/", words.add, name="add_word"),
    path("vocabularies/words/<uuid:word_id>/", words.edit, name="word"),
    path("tasks/<uuid:task_id>/give/", team.give_task, name="give_task"),
    path("tasks/<uuid:task_id>/remind/", team.remind, name="remind"),
    path("team/", team.team, name="team"),
    path("history/", history.audit, name="audit"),
    path("history/<uuid:child_id>/", history.history, name="history"),
    path("seals/<uuid:approval_id>/", apart.decide_seal, name="decide_seal"),
    path("relations/", apart.relations, name="conflicts"),
    path("relations/declare/", apart.declare, name="declare"),
    path("relations/<uuid:conflict_id>/end/", apart.end_relation, name="end_relation"),
    path("health/", home.health, name="health"),
]
