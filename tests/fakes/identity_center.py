"""IAM Identity Center's own state: registered clients, device authorisations, tokens, and who may have which role.

Knows nothing of HTTP; the calls are in sso_calls.py. The user at the browser is the control interface: sso_approve,
sso_deny. Times go by the world's clock, except for how often a client polls, which goes by a real one.
"""
import base64
import hashlib
import re
import secrets
import time
import urllib.parse

from wire import Refusal

START_URL = "https://ledger.awsapps.com/start"
ACCOUNT = "111122223333"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
REGISTRATION = 90 * 86400   # seconds that a client's registration lasts
PERMISSION_SETS = ("LedgerRead", "LedgerAdmin")


def role_behind(permission_set):
    """The name (with its path) of the IAM role that Identity Center makes for a permission set."""
    return f"aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_{permission_set}_0123456789abcdef"


class Device:
    """One device authorisation: pending, approved, denied or spent."""

    def __init__(self, client_id, ends):
        self.client_id, self.ends = client_id, ends
        self.code = secrets.token_urlsafe(48)
        letters = "BCDFGHJKLMNPQRSTVWXZ"
        self.user_code = "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(2))
        self.state = "pending"
        self._polls = [float("-inf")] * 2   # the last two

    def polled_too_fast(self, interval):
        """The third poll within an interval: the AWS CLI makes its first two at once, and AWS lets it."""
        now = time.monotonic()
        before, self._polls = self._polls[0], [self._polls[1], now]
        return now - before < interval * 0.9

    def described(self):
        return {"user_code": self.user_code, "state": self.state, "client_id": self.client_id, "ends": self.ends}


class Authorization:
    """One sign-in by a browser that comes back (RFC 6749 4.1, RFC 7636): its code is good once."""

    def __init__(self, client_id, redirect, state, challenge):
        self.client_id, self.redirect, self.state, self.challenge = client_id, redirect, state, challenge
        self.code, self.spent = secrets.token_urlsafe(300), False

    def back(self, **members):
        """Where the browser is sent."""
        return f"{self.redirect}?" + urllib.parse.urlencode({**members, "state": self.state})


class IdentityCenter:
    def __init__(self, start_url=START_URL, accounts=None, user="marta@ledger.test", interval=1, token_lifetime=28800,
                 device_lifetime=600, approve_on_open=False):
        self.start_url, self.user = start_url, user
        self.accounts = accounts or [{"id": ACCOUNT, "name": "ledger", "email": "ledger@ledger.test",
                                      "roles": list(PERMISSION_SETS)}]
        self.interval = interval                  # seconds between polls; AWS says 5
        self.token_lifetime, self.device_lifetime = token_lifetime, device_lifetime
        self.approve_on_open = approve_on_open    # opening the page is approving it
        self._clients = {}   # id: {secret, ends, scopes}
        self._devices = {}   # device code: Device
        self._codes = {}     # authorization code: Authorization
        self._access = {}    # access token: when it ends
        self._refresh = {}   # refresh token: client id

    def change(self, **members):
        if not set(members) <= set(vars(self)) or any(name.startswith("_") for name in members):
            raise ValueError(f"no such members of Identity Center: {sorted(members)}")
        vars(self).update(members)

    def register(self, now, scopes, redirects=()):
        client_id, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(64)
        self._clients[client_id] = {"secret": secret, "ends": int(now) + REGISTRATION, "scopes": scopes, "redirects": list(redirects)}
        return client_id, secret, int(now) + REGISTRATION

    def check_client(self, now, client_id, secret):
        client = self._clients.get(client_id)
        if client is None or client["secret"] != secret or now >= client["ends"]:
            raise Refusal("InvalidClientException", "Invalid client: unknown, or its registration has ended")

    def start_device(self, now, client_id, start_url):
        if start_url.rstrip("/").removesuffix("/#") != self.start_url:
            raise Refusal("InvalidRequestException", "Invalid start url provided")
        device = Device(client_id, now + self.device_lifetime)
        self._devices[device.code] = device
        return device

    def decide(self, state, user_code=None):
        """What the user says at the page to one request, or to all that wait. How many there were."""
        waiting = [device for device in self._devices.values()
                   if device.state == "pending" and user_code in (None, device.user_code)]
        for device in waiting:
            device.state = state
        return len(waiting)

    def redeem_device(self, now, client_id, code):
        """Tokens for a device code, once the user approved; else the refusal that tells how it stands."""
        device = self._devices.get(code)
        if device is None or device.client_id != client_id or device.state == "spent":
            raise Refusal("InvalidGrantException", "Invalid grant provided")
        if now >= device.ends:
            raise Refusal("ExpiredTokenException", "Device code expired")
        if device.polled_too_fast(self.interval):
            raise Refusal("SlowDownException", "Polled too often")
        if device.state == "denied":
            raise Refusal("AccessDeniedException", "The user denied the request")
        if device.state == "pending":
            raise Refusal("AuthorizationPendingException", None)
        device.state = "spent"
        return self.new_tokens(now, client_id)

    def redeem_refresh(self, now, token):
        """New tokens; the refresh token is spent, so of two who use the same one the second fails."""
        client_id = self._refresh.pop(token, None)
        if client_id is None:
            raise Refusal("InvalidGrantException", "Invalid refresh token provided")
        return self.new_tokens(now, client_id)

    def authorize(self, client_id, redirect, state, challenge):
        """A sign-in that a browser begins. The port of a redirect is left open (RFC 8252 7.3)."""
        client = self._clients.get(client_id)
        if client is None or re.sub(r":\d+/", "/", redirect.removeprefix("http://"), count=1) not in [
                one.removeprefix("http://") for one in client["redirects"]]:
            raise Refusal("InvalidRequestException", "unknown client, or a redirect that is not registered")
        authorization = Authorization(client_id, redirect, state, challenge)
        self._codes[authorization.code] = authorization
        return authorization

    def authorizations(self):
        return list(self._codes.values())

    def redeem_code(self, now, client_id, code, redirect, verifier):
        found = self._codes.get(code)
        if found is None or found.spent or found.client_id != client_id or found.redirect != redirect:
            raise Refusal("InvalidGrantException", "Invalid grant provided")
        found.spent = True
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if digest != found.challenge:
            raise Refusal("InvalidGrantException", "Invalid code verifier provided")
        return self.new_tokens(now, client_id)

    def new_tokens(self, now, client_id):
        """(access token, refresh token or None: a client gets one only if it was registered with scopes)"""
        access = "aoaAAAAA" + secrets.token_urlsafe(300)
        self._access[access] = now + self.token_lifetime
        refresh = None
        if self._clients[client_id]["scopes"]:
            refresh = "aorAAAAA" + secrets.token_urlsafe(300)
            self._refresh[refresh] = client_id
        return access, refresh

    def check_access(self, now, token):
        if self._access.get(token, 0) <= now:
            raise Refusal("UnauthorizedException", "Session token not found or invalid")

    def forget_tokens(self, refresh=False):
        """As an administrator ends a user's sessions; with `refresh` the refresh tokens, too."""
        self._access.clear()
        if refresh:
            self._refresh.clear()

    def log_out(self, token):
        self._access.pop(token, None)

    def role(self, account, permission_set):
        found = next((one for one in self.accounts if one["id"] == account), None)
        if found is None or permission_set not in found["roles"]:
            raise Refusal("ForbiddenException", "No access")
        return role_behind(permission_set)

    def devices(self):
        return [device.described() for device in self._devices.values()]

    def secrets(self):
        return [*(client["secret"] for client in self._clients.values()), *self._devices, *self._codes, *self._access, *self._refresh]
