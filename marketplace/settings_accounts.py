"""How people sign up and log in: django-allauth's settings."""

import environ

env = environ.Env()

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.LoginForm",
    "signup": "referrals.forms.ReferredSignupForm",
    "change_password": "accounts.plain_forms.ChangePasswordForm",
    "set_password": "accounts.plain_forms.SetPasswordForm",
    "reset_password": "accounts.plain_forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.plain_forms.ResetPasswordKeyForm",
    "reauthenticate": "accounts.plain_forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
# Those who have not confirmed their e-mail browse and buy (ACC-05), so signing up logs in at once. That it does
# so with any address is what keeps it from telling which addresses have an account.
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60  # seconds
ACCOUNT_RATE_LIMITS = {
    "login": "20/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "10/m/ip",
    "reset_password": "10/m/ip,3/m/key",
}
# With a proxy in front, the visitor's address is the last one that the proxy wrote.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.bool("BEHIND_PROXY", False) else 0

MFA_ADAPTER = "accounts.adapter.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.plain_forms.CodeForm",
    "reauthenticate": "accounts.plain_forms.CodeAgainForm",
    "activate_totp": "accounts.plain_forms.ActivateAppForm",
    "add_webauthn": "accounts.plain_forms.AddPasskeyForm",
    "edit_webauthn": "accounts.plain_forms.RenamePasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = env.str("SITE_NAME", "Workhall")
MFA_TOTP_TOLERANCE = 1  # codes of the neighboring half minutes, for clocks that are a little off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not env.bool("PRODUCTION", False)

SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAdapter"
SOCIALACCOUNT_FORMS = {"signup": "referrals.forms.ReferredSocialSignupForm"}
SOCIALACCOUNT_AUTO_SIGNUP = False  # everyone chooses a login and confirms the terms
SOCIALACCOUNT_LOGIN_ON_GET = False

_KEYS = {
    "facebook": (env.str("FACEBOOK_CLIENT_ID", ""), env.str("FACEBOOK_CLIENT_SECRET", "")),
    "google": (env.str("GOOGLE_CLIENT_ID", ""), env.str("GOOGLE_CLIENT_SECRET", "")),
}
_DETAILS: dict[str, dict[str, object]] = {
    "facebook": {"SCOPE": ["email", "public_profile"], "FIELDS": ["id", "name", "email"], "VERIFIED_EMAIL": False},
    "google": {"SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True},
}
SOCIALACCOUNT_PROVIDERS = {
    provider: {**_DETAILS[provider], "APPS": [{"client_id": key, "secret": secret}] if key and secret else []}
    for provider, (key, secret) in _KEYS.items()
}
