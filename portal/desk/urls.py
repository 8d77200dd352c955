"""Addresses of the desk."""

from django.urls import path

from portal.desk.views import home, mine, offers, reference, words

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("lock/", home.lock, name="lock"),
    path("notices/", home.notices, name="notices"),
    path("notices/<uuid:notice_id>/seen/", home.seen, name="seen"),
    path("tasks/<uuid:task_id>/done/", home.task_done, name="task_done"),
    path("grants/<uuid:grant_id>/accept/", offers.accept_grant, name="accept_grant"),
    path("grants/<uuid:grant_id>/decline/", offers.decline_grant, name="decline_grant"),
    path("components/", reference.components, name="components"),
    path("settings/", mine.preferences, name="settings"),
    path("time-limits/", reference.rules, name="rules"),
    path("shortcuts/", reference.shortcuts, name="shortcuts"),
    path("vocabularies/", words.listed, name="words"),
    path("vocabularies/<slug:vocabulary>/add/", words.add, name="add_word"),
    path("vocabularies/words/<uuid:word_id>/", words.edit, name="word"),
    path("health/", home.health, name="health"),
]
