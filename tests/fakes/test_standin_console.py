#!/usr/bin/python3
"""The console's stand-in: keys of a role get a sign-in token, others do not, and the token signs in as them."""
import json
import os
import sys
import unittest
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from standin_case import Case  # noqa: E402


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(Stay, urllib.request.ProxyHandler({}))


class Console(Case):
    def ask(self, post=True, **params):
        text = urllib.parse.urlencode(params)
        url = self.aws.url + "/federation"
        try:
            answer = OPENER.open(*((url, text.encode()) if post else (url + "?" + text,)))
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers, answer.read().decode()

    def session(self, keys, **changes):
        return json.dumps({"sessionId": keys["id"], "sessionKey": keys["secret"], "sessionToken": keys["token"], **changes})

    def keys_of(self, op, **members):
        known = {key["id"] for key in self.aws.control.keys()}
        getattr(self.aws.control, op)(**members)
        return next(key for key in self.aws.control.keys() if key["id"] not in known)

    def test_keys_that_are_no_roles_get_no_token(self):
        role = self.keys_of("role_keys", role="ledger-prod")
        for session in (self.session(role, sessionKey="x"), self.session(role, sessionToken="x"), self.session(role, sessionId="ASIAX"), "{}", "x",
                        self.session(self.keys_of("user_session_keys", user="marta"))):
            status, headers, _ = self.ask(Action="getSigninToken", Session=session)
            self.assertEqual((400, "text/html"), (status, headers["Content-Type"]), session)

    def test_a_token_signs_in_as_the_keys_it_was_made_of(self):
        role = self.keys_of("role_keys", role="ledger-prod")
        for post in (True, False):
            status, _, body = self.ask(post, Action="getSigninToken", Session=self.session(role))
            self.assertEqual(200, status, body)
            token = json.loads(body)["SigninToken"]
            status, headers, _ = self.ask(False, Action="login", SigninToken=token, Destination="https://console.aws.amazon.com/s3/home")
            self.assertEqual((302, "https://console.aws.amazon.com/s3/home"), (status, headers["Location"]))
            self.assertIn(token, self.aws.secrets())
        self.assertEqual([role["id"]] * 2, [entry["access_key_id"] for entry in self.aws.calls("ConsoleLogin", "ok")])
        self.assertEqual(400, self.ask(False, Action="login", SigninToken="x", Destination="https://console.aws.amazon.com/")[0])
        self.assertEqual(400, self.ask(False, Action="login", SigninToken=token, Destination="https://evil.test/")[0])


if __name__ == "__main__":
    unittest.main()
