"""The sign-in service of `aws login`: the page in the browser, and CreateOAuth2Token, which redeems its code and renews the AWS
CLI's file. On the stand-in's first address, by their paths.

The wire forms are those of botocore's service model signin (2023-01-01): an error's `error` says more than its type. A
refresh token is bound to the key whose proof began the sign-in, and is good once. Faults go by action: CreateOAuth2Token, AuthorizeSignIn.
"""
import base64
import hashlib
import json
import re
import secrets
import urllib.parse
import uuid

import dpop_check
from call import Call
from wire import Answer, Refusal

CLIENTS = ("arn:aws:signin:::devtools/same-device", "arn:aws:signin:::devtools/cross-device")
# path           method  action, service
ROUTES = {
    "/v1/token": ("POST", "CreateOAuth2Token", "signin"),
    "/v1/authorize": ("GET", "AuthorizeSignIn", "browser"),
}
REDIRECT = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}/oauth/callback")
# error                       type                     status
ERRORS = {
    "AUTHCODE_EXPIRED": ("AccessDeniedException", 401),
    "TOKEN_EXPIRED": ("AccessDeniedException", 401),
    "USER_CREDENTIALS_CHANGED": ("AccessDeniedException", 403),
    "INSUFFICIENT_PERMISSIONS": ("AccessDeniedException", 403),
    "INVALID_REQUEST": ("ValidationException", 400),
    "server_error": ("InternalServerException", 500),
}


class SignInService:
    """The sign-ins that are known, by their refresh tokens."""

    def __init__(self, lifetime=900):
        self.lifetime = lifetime   # of keys, in seconds
        self.ended_by = ""         # an error of the table: every sign-in is refused with it
        self.user, self.approve_on_open = "marta", False   # who sits at the browser, and whether opening the page is enough
        self._codes = {}           # authorization code: {client, redirect, state, challenge}
        self._sessions = {}        # refresh token: {key thumbprint, client, user}
        self._keys, self._proofs = [], set()

    def change(self, **members):
        if not set(members) <= {"lifetime", "ended_by", "user", "approve_on_open"}:
            raise ValueError(f"no such members of the sign-in service: {sorted(members)}")
        vars(self).update(members)

    def start(self, user, client=CLIENTS[0]):
        """A new sign-in: (its private key, its refresh token)."""
        pem, thumbprint = dpop_check.new_key()
        self._keys.append(pem)
        return pem, self._new_refresh({"key": thumbprint, "client": client, "user": user})

    def _new_refresh(self, session):
        token = "aorLOGIN" + secrets.token_urlsafe(300)
        self._sessions[token] = session
        return token

    def authorize(self, client, redirect, state, challenge):
        code = secrets.token_urlsafe(200)
        self._codes[code] = {"client": client, "redirect": redirect, "state": state, "challenge": challenge}
        return self.backs(code)["approved"]

    def backs(self, code):
        """Where the browser is sent when the user approves, and when not."""
        begun = self._codes[code]
        return {"redirect": begun["redirect"], "state": begun["state"],
                "approved": f"{begun['redirect']}?" + urllib.parse.urlencode({"code": code, "state": begun["state"]}),
                "denied": f"{begun['redirect']}?" + urllib.parse.urlencode({"error": "access_denied", "state": begun["state"]})}

    def authorizations(self):
        return [self.backs(code) for code in self._codes]

    def redeem_code(self, now, params, proof, url):
        """(the user, a refresh token bound to the key of the proof); the code is spent."""
        try:
            thumbprint = dpop_check.check(proof, "POST", url, now, self._proofs)
        except dpop_check.BadProof as error:
            raise Refusal("INVALID_REQUEST", f"The DPoP proof is not valid: {error}") from None
        begun = self._codes.pop(params["code"], None)
        digest = base64.urlsafe_b64encode(hashlib.sha256(params["codeVerifier"].encode()).digest()).rstrip(b"=").decode()
        if begun is None:
            raise Refusal("AUTHCODE_EXPIRED", "The authorization code has expired")
        if (begun["client"], begun["redirect"], begun["challenge"]) != (params["clientId"], params["redirectUri"], digest):
            raise Refusal("INVALID_REQUEST", "another client, redirect or verifier than the code's")
        return self.user, self._new_refresh({"key": thumbprint, "client": begun["client"], "user": self.user})

    def redeem(self, now, client, refresh, proof, url):
        """(the user, a new refresh token); the old one is spent."""
        try:
            thumbprint = dpop_check.check(proof, "POST", url, now, self._proofs)
        except dpop_check.BadProof as error:
            raise Refusal("INVALID_REQUEST", f"The DPoP proof is not valid: {error}") from None
        session = self._sessions.get(refresh)
        if session is None:
            raise Refusal("TOKEN_EXPIRED", "The refresh token has expired")
        if session["key"] != thumbprint or session["client"] != client:
            raise Refusal("INVALID_REQUEST", "The refresh token is bound to another key or client")
        if self.ended_by:
            raise Refusal(self.ended_by, "The sign-in has ended")
        del self._sessions[refresh]
        return session["user"], self._new_refresh(session)

    def secrets(self):
        """The lines of a key stand for it: they have no line ends in them."""
        return [*self._sessions, *self._codes, *(line for pem in self._keys for line in pem.splitlines() if not line.startswith("--"))]


def _required(params, *names):
    if set(params) != set(names) or not all(isinstance(value, str) and value for value in params.values()):
        raise Refusal("INVALID_REQUEST", f"other members than {', '.join(names)}")
    return [params[name] for name in names]


class SignInCall(Call):
    content_type = "application/json"

    @staticmethod
    def is_meant(path):
        return path.partition("?")[0] in ROUTES

    def read(self):
        path, _, query = self.path.partition("?")
        method, self.action, self.service = ROUTES[path]
        if self.service == "browser":
            self.read_query(query)
        else:
            self.read_json(Refusal("INVALID_REQUEST", "not a JSON object"))
            if query or self.headers.get("Content-Type") != self.content_type:
                self.malformed = Refusal("INVALID_REQUEST", "asked in another way")
        if self.method != method:
            self.malformed = Refusal("INVALID_REQUEST", f"{self.action} is asked with {method}")

    def authorise(self, world, address, entry):
        if "Authorization" in self.headers:
            raise Refusal("INVALID_REQUEST", "a public client does not sign")
        return None

    def refused(self, error):
        kind, status = ERRORS.get(error.name, (error.name, 400))
        body = json.dumps({"error": error.name, "message": error.message})
        return error.name, Answer(error.status or status, self.content_type, body,
                                  [("x-amzn-ErrorType", kind), ("x-amzn-RequestId", str(uuid.uuid4()))])

    def perform(self, world, key, note):
        return self._page(world) if self.service == "browser" else self._tokens(world, note)

    def _page(self, world):
        client, redirect, state, method, challenge, kind, scope = _required(
            self.params, "client_id", "redirect_uri", "state", "code_challenge_method", "code_challenge", "response_type", "scope")
        if (client, kind, method, scope) != (CLIENTS[0], "code", "SHA-256", "openid") or not REDIRECT.fullmatch(redirect):
            raise Refusal("INVALID_REQUEST", "not what `aws login` sends a browser with")
        back = world.sign_in.authorize(client, redirect, state, challenge)
        if world.sign_in.approve_on_open:
            return Answer(302, "text/html", "", [("Location", back)])
        return Answer(200, "text/html", "<!DOCTYPE html><title>Sign in</title><p>Continue as the user of your session?</p>\n")

    def _tokens(self, world, note):
        proof, now, more = self.headers.get("DPoP", ""), world.now(), {}
        if self.params.get("grantType") == "authorization_code":
            _required(self.params, "clientId", "grantType", "code", "codeVerifier", "redirectUri")
            user, refresh = world.sign_in.redeem_code(now, self.params, proof, self.url)
            more = {"idToken": _identity(next(one["arn"] for one in world.users.values() if one["name"] == user))}
        else:
            client, grant, token = _required(self.params, "clientId", "grantType", "refreshToken")
            if grant != "refresh_token":
                raise Refusal("INVALID_REQUEST", "not a grant of this service")
            user, refresh = world.sign_in.redeem(now, client, token, proof, self.url)
        keys = world.user_session(user, note.pop("lifetime", world.sign_in.lifetime))
        note.update(issued=keys.id, expires=keys.expires)
        return Answer(200, self.content_type, json.dumps({
            "accessToken": {"accessKeyId": keys.id, "secretAccessKey": keys.secret, "sessionToken": keys.token},
            "tokenType": "aws_sigv4", "expiresIn": max(1, int(keys.expires - now)), "refreshToken": refresh, **more}))


def _identity(arn):
    """A token that says whose sign-in it is; its signature proves nothing."""
    parts = ({"alg": "ES384", "typ": "JWT"}, {"sub": arn, "aud": CLIENTS[0]})
    return ".".join([base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts] + ["c2lnbmF0dXJl"])
