"""The federation endpoint of the AWS console: a sign-in token for the keys of a role's session, and the sign-in itself, as a browser
asks for it. At the stand-in's first address, by its path.

As AWS, it takes the keys by GET and by POST, answers its refusals in HTML, takes keys of AssumeRole alone, and no SessionDuration
for a role that another role's keys assumed. Faults go by action: getSigninToken, ConsoleLogin.
"""
import json
import secrets
import urllib.parse

from call import Call
from wire import Answer, Refusal

PATH = "/federation"


class ConsoleCall(Call):
    service = "signin"

    @staticmethod
    def is_meant(path):
        return path.partition("?")[0] == PATH

    def read(self):
        query = self.path.partition("?")[2]
        if not self.read_query(self.body.decode("utf-8", "replace") if self.method == "POST" else query):
            self.malformed = Refusal("InvalidRequest", "a parameter is given more than once")
        asked = self.params.pop("Action", "")
        self.action = {"login": "ConsoleLogin"}.get(asked, asked)
        self.params["in_the_query"] = self.method == "GET"
        try:
            self.session = json.loads(self.params.pop("Session", "null"))
        except ValueError:
            self.session = None
        self.token = self.params.pop("SigninToken", "")   # neither is for the log
        if self.action not in ("getSigninToken", "ConsoleLogin"):
            self.malformed = Refusal("InvalidRequest", "no such action")

    def authorise(self, world, address, entry):
        return None

    def refused(self, error):
        status = error.status or 400
        return error.name, Answer(status, "text/html", f"<!DOCTYPE html><title>Error</title><p>{status} Bad Request</p>\n")

    def perform(self, world, key, note):
        return self._login(world, note) if self.action == "ConsoleLogin" else self._token(world, note)

    def _token(self, world, note):
        session = self.session if isinstance(self.session, dict) else {}
        key = world.keys.get(session.get("sessionId"))
        if key is None or session.get("sessionKey") != key.secret or session.get("sessionToken") != key.token:
            raise Refusal("InvalidCredentials")
        if key.kind != "assumed-role" or not key.is_known(world.now()) or key.expires <= world.now():
            raise Refusal("InvalidCredentials")
        if "SessionDuration" in self.params and key.chained:
            raise Refusal("InvalidCredentials")
        token = "VCAAAAEa" + secrets.token_urlsafe(900)
        world.console_tokens[token] = key.id
        note.update(access_key_id=key.id, principal=key.arn)
        return Answer(200, "application/json", json.dumps({"SigninToken": token}))

    def _login(self, world, note):
        key = world.keys.get(world.console_tokens.get(self.token))
        destination = self.params.get("Destination", "")
        if key is None or not urllib.parse.urlsplit(destination).netloc.endswith("console.aws.amazon.com"):
            raise Refusal("InvalidRequest")
        note.update(access_key_id=key.id, principal=key.arn)
        return Answer(302, "text/html", "", [("Location", destination)])
