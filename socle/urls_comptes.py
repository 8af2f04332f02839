"""Les pages de compte d'allauth, sous /connexion/ ; on ne branche que celles qui servent."""

from allauth.account import views as compte
from django.urls import include, path, re_path

from socle.views import renseignements

urlpatterns = [
    path("", compte.login, name="account_login"),
    path("sortir/", compte.logout, name="account_logout"),
    path("inscription/", compte.signup, name="account_signup"),
    path("inactif/", compte.account_inactive, name="account_inactive"),
    path(
        "verification/",
        compte.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^verification/(?P<key>[-:\w]+)/$",
        compte.confirm_email,
        name="account_confirm_email",
    ),
    path("renseignements/", renseignements.mes_renseignements, name="mes_renseignements"),
    path("fermer/", renseignements.fermer_compte, name="compte_fermer"),
    path("courriel/", compte.email, name="account_email"),
    path("mot-de-passe/", compte.password_change, name="account_change_password"),
    path("mot-de-passe/creer/", compte.password_set, name="account_set_password"),
    path("mot-de-passe/oublie/", compte.password_reset, name="account_reset_password"),
    path(
        "mot-de-passe/oublie/envoye/",
        compte.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^mot-de-passe/nouveau/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        compte.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "mot-de-passe/nouveau/fait/",
        compte.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("confirmer/", compte.reauthenticate, name="account_reauthenticate"),
    path("second-facteur/", include("allauth.mfa.urls")),
    path("ville/", include("allauth.socialaccount.urls")),
    path("oidc/", include("allauth.socialaccount.providers.openid_connect.urls")),
]
