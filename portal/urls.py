"""Every address of the portal."""

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language

from portal.access.sign_in import public
from portal.desk.views import answers

urlpatterns = [
    path("", include("portal.desk.urls")),
    path("", include("shelters.urls")),  # before the file's sections, whose addresses take any word
    path("", include("referrals.urls")),
    path("", include("victims.urls")),
    path("accounts/", include("portal.access.urls")),
    path("i18n/set-language/", public(set_language), name="set_language"),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("portal.demo.urls")))

handler400 = answers.bad_request
handler403 = answers.forbidden
handler404 = answers.not_found
handler500 = answers.server_error
