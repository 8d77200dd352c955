"""Addresses of the desk."""

from django.urls import path

from portal.desk.views import agencies, gallery, history, home, mine, offers, rules, sessions, set_up, team, words
from portal.desk.views.people import join

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("accounts/invitation/<slug:secret>/", join.join, name="join"),
    path("search/", home.search, name="search"),
    path("lock/", home.lock, name="lock"),
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
    path("set-up/", set_up.checklist, name="set_up"),
    path("set-up/network/", set_up.network, name="set_network"),
    path("set-up/mail/", set_up.mail, name="set_mail"),
    path("set-up/mail/test/", set_up.try_mail, name="try_mail"),
    path("set-up/keys/", set_up.keys, name="keys"),
    path("set-up/backup/", set_up.backup, name="set_backup"),
    path("set-up/first-day/", agencies.first_day_list, name="first_day"),
    path("agencies/", agencies.agencies, name="agencies"),
    path("agencies/new/", agencies.new_agency, name="new_agency"),
    path("agencies/<uuid:agency_id>/", agencies.agency, name="agency"),
    path("agencies/<uuid:agency_id>/change/", agencies.change_agency, name="change_agency"),
    path("agencies/<uuid:agency_id>/switch/", agencies.switch_agency, name="switch_agency"),
    path("agencies/<uuid:agency_id>/teams/new/", agencies.new_team, name="new_team"),
    path("agencies/<uuid:agency_id>/administrators/new/", agencies.new_administrator, name="new_administrator"),
    path("agencies/<uuid:agency_id>/agreement/", agencies.sign_agreement, name="sign_agreement"),
    path("agencies/<uuid:agency_id>/agreement/end/", agencies.end_agreement, name="end_agreement"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end/", sessions.end_others, name="end_sessions"),
    path("sessions/<uuid:session_id>/end/", sessions.end_one, name="end_session"),
    path("health/", home.health, name="health"),
]
