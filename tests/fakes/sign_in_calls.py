"""The sign-in service of `aws login`: CreateOAuth2Token, as the AWS CLI's file is renewed by it. On the stand-in's first
address, by its path.

The wire forms are those of botocore's service model signin (2023-01-01): an error's `error` says more than its type. A
refresh token is bound to the key whose proof began the sign-in, and is good once. Faults go by action: CreateOAuth2Token.
"""
import json
import secrets
import uuid

import dpop_check
from call import Call
from wire import Answer, Refusal

CLIENTS = ("arn:aws:signin:::devtools/same-device", "arn:aws:signin:::devtools/cross-device")
PATH = "/v1/token"
# error                       type                     status
ERRORS = {
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
        self._sessions = {}        # refresh token: {key thumbprint, client, user}
        self._keys, self._proofs = [], set()

    def change(self, **members):
        if not set(members) <= {"lifetime", "ended_by"}:
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
        return [*self._sessions, *(line for pem in self._keys for line in pem.splitlines() if not line.startswith("--"))]


class SignInCall(Call):
    service, content_type = "signin", "application/json"

    @staticmethod
    def is_meant(path):
        return path == PATH

    def read(self):
        self.action = "CreateOAuth2Token"
        self.read_json(Refusal("INVALID_REQUEST", "not a JSON object"))
        if self.method != "POST" or self.headers.get("Content-Type") != self.content_type:
            self.malformed = Refusal("INVALID_REQUEST", "asked in another way")

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
        if self.params.get("grantType") != "refresh_token" or set(self.params) != {"clientId", "grantType", "refreshToken"}:
            raise Refusal("INVALID_REQUEST", "not a grant of this stand-in")
        user, refresh = world.sign_in.redeem(world.now(), self.params["clientId"], self.params["refreshToken"],
                                             self.headers.get("DPoP", ""), self.url)
        keys = world.user_session(user, note.pop("lifetime", world.sign_in.lifetime))
        note.update(issued=keys.id, expires=keys.expires)
        return Answer(200, self.content_type, json.dumps({
            "accessToken": {"accessKeyId": keys.id, "secretAccessKey": keys.secret, "sessionToken": keys.token},
            "tokenType": "aws_sigv4", "expiresIn": max(1, int(keys.expires - world.now())), "refreshToken": refresh}))
