"""Ways in: the pages of the sign-in library that people here need, and no other of its pages."""

from allauth.account import views
from django.conf import settings
from django.urls import include, path, re_path, reverse_lazy

RESET_LINK = r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

# Whoever has set a password signs in with it next; the sign-in page says that it is set.
set_password = views.PasswordResetFromKeyView.as_view(success_url=reverse_lazy("account_login"))

provider = []
if settings.OIDC_ISSUER:
    provider = [
        path("", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("provider/", include("allauth.socialaccount.urls")),
    ]

# Left out: signing up, and addresses of one's own. An address is the agency's word, and signing in with it is a right.
urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(RESET_LINK, set_password, name="account_reset_password_from_key"),
    path("2fa/", include("allauth.mfa.urls")),
    *provider,
]
