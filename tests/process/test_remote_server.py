"""`exec --remote-server`: a token vending machine judges and issues, and its keys are served like local ones. The machine's
stand-in verifies every signature with botocore; each of its refusals has its own text and local status."""
import datetime
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import PYTHON, TRANSPORTS, AwsTest, Run, wait_until
import tvm_gateway
from standin_client import REGION, role_arn, secret_of, user_arn

DEBIAN_AWS = "/usr/bin/aws"
BOTO3 = "import boto3, sys; print(boto3.client('sts', endpoint_url=sys.argv[1]).get_caller_identity()['Arn'])"
LIFE = 24    # seconds of keys that are renewed within the test: after 15 to 17 of them
# By code: what the local client is told, and a word of the sentence on the terminal.
ROWS = {
    "INVALID_IDENTITY": (403, "no user of the identity"),
    "MISSING_PROFILE": (500, "it misses the profile"),
    "INVALID_PROFILE": (500, "does not take this profile's name"),
    "INVALID_DURATION": (500, "does not take this duration"),
    "IAM_AUTH_REQUIRED": (403, "nobody told it who asks"),
    "POLICY_DENY": (403, "its policy does not let you"),
    "DEVICE_VERIFICATION_FAILED": (403, "this device is not known"),
    "SESSION_REVOKED": (403, "the session was revoked"),
    "NOT_FOUND": (500, "nothing at this path"),
    "METHOD_NOT_ALLOWED": (500, "does not answer GET"),
    "RATE_LIMITED": (503, "asked too often"),
    "CONFIG_ERROR": (500, "its own configuration"),
    "POLICY_ERROR": (500, "its policy cannot be used"),
    "CREDENTIAL_ERROR": (503, "gave it no keys for this role"),
    "MARSHAL_ERROR": (500, "could not write its answer"),
    "INIT_ERROR": (503, "it could not start"),
    "SSM_ERROR": (503, "did not tell it its policies"),
    "NOT_IMPLEMENTED": (500, "does not do this"),
}


class RemoteTest(AwsTest):
    def start(self, *options, command, transport="tcp", profile="ledger-prod", url=None, log=True, environment=None, **more):
        arguments = ["exec", "--remote-server", url or self.aws.urls["tvm"], *(["--unix-socket"] if transport == "unix" else []),
                     "--profile", profile, *(["--log-file", self.log_path] if log else []), *options, "--", *command]
        return Run(self, arguments, environment={**self.environment(), **(environment or {})}, cwd=self.folder, **more)

    def vends(self):
        return self.aws.calls("Vend")

    def fail_with(self, code, **more):
        self.aws.control.fault("error", action="Vend", code=code, count=0, **more)

    def told_on_terminal(self, asker):
        asker.end()
        self.assert_no_secret(asker.run.stderr, "stderr")
        return asker.run.stderr


class Refusals(RemoteTest):
    def test_the_table_here_is_the_whole_table(self):
        self.assertEqual(set(tvm_gateway.ROWS), set(ROWS))

    def test_each_code_has_its_local_status_and_its_sentence(self):
        for number, (code, (status, text)) in enumerate(ROWS.items()):
            with self.subTest(code=code):
                self.fail_with(code, message="said by the server")
                asker = self.asker("--lazy", transport=TRANSPORTS[number % 2])
                self.assertEqual(status, asker.ask()["status"])
                # Where the call tries again, the first client is told before it gives up; then the last failure is told.
                self.assertEqual(status, wait_until(lambda: asker.ask() if self.log_has(code) else (asker.ask(), None)[1],
                                                    "the server's answer in the log")["status"])
                told = self.told_on_terminal(asker)
                for part in (self.aws.urls["tvm"], code, text, "said by the server"):
                    self.assertIn(part, told)
                line = self.decisions()[-1]
                self.assertEqual(("refused" if status == 403 else "failed", "remote", ""),
                                 (line["outcome"], line["credential_source"], line["rule"]))
                self.assertEqual(self.aws.urls["tvm"], line["policy_path"])
                if status == 403:
                    self.assertEqual(("deny", "remote"), (line["effect"], line["check"]))
                    self.assertIn("said by the server", line["reason"])
                self.aws.control.clear()
                os.remove(self.log_path)
                os.remove(self.log_path + "-head")

    def log_has(self, text):
        with open(self.log_path) as file:
            return text in file.read()

    def test_a_refusal_at_the_start_names_the_url_the_code_and_the_reason(self):
        run = self.refused_start(profile="ledger-audit")
        for part in (self.aws.urls["tvm"], "POLICY_DENY", "audit data is read from the audit host only"):
            self.assertIn(part, run.stderr)
        line, = self.decisions()
        self.assertEqual(("refused", "deny", "remote"), (line["outcome"], line["effect"], line["check"]))
        self.assertEqual(1, len(self.vends()))

    def test_every_code_at_the_start_keeps_the_command_from_running(self):
        for code, (_, text) in ROWS.items():
            with self.subTest(code=code):
                self.fail_with(code)
                run = self.refused_start()
                self.assertIn(code, run.stderr)
                self.assertIn(text, run.stderr)
                self.aws.control.clear()

    def test_a_gateway_that_lets_nobody_through(self):
        self.aws.control.gateway(region="us-west-2")   # it wants another region's signature
        run = self.refused_start()
        self.assertIn("HTTP status 403", run.stderr)
        self.assertIn("execute-api:Invoke", run.stderr)
        self.assertEqual({"SignatureDoesNotMatch"}, {call["code"] for call in self.vends()})

    def test_what_cannot_be_used_is_refused(self):
        for text, fault in {
            "has no Token": ("edit", {"drop": ["Token"]}),
            "has no Expiration": ("edit", {"drop": ["Expiration"]}),
            "has no AccessKeyId": ("edit", {"drop": ["AccessKeyId"]}),
            "has no SecretAccessKey": ("edit", {"drop": ["SecretAccessKey"]}),
            "no moment": ("edit", {"set": {"Expiration": "soon"}}),
            "no key": ("edit", {"set": {"AccessKeyId": "not a key"}}),
            "no key has": ("edit", {"set": {"Token": "a\r\nX-Evil: 1"}}),
            "keys that ended": ("lifetime", {"seconds": -60}),
            "more than 12 hours": ("lifetime", {"seconds": 13 * 3600}),
            "is not one JSON object": ("not_xml", {}),
            "larger than 256 KiB": ("huge", {}),
            "than 256 KiB": ("endless", {}),
            "redirects are not followed": ("status", {"status": 302, "headers": {"Location": self.aws.urls["tvm"] + "/x"}, "body": ""}),
            "HTTP status 502": ("status", {"status": 502, "body": "<html>Bad gateway</html>"}),
            "gave no answer": ("truncate", {}),
            "no answer: ": ("drop_before", {}),
        }.items():
            with self.subTest(text=text):
                self.aws.control.fault(fault[0], action="Vend", count=0, **fault[1])
                run = self.refused_start()
                self.assertIn(text, run.stderr)
                self.assertNotIn("device_id", run.stderr)
                self.aws.control.clear()

    def test_a_server_that_says_nothing_holds_up_neither_clients_nor_the_end(self):
        self.aws.control.fault("hang", action="Vend", count=0)
        asker = self.asker("--lazy", transport="unix")
        began = time.monotonic()
        self.assertEqual([503] * 4, asker.statuses(4, at_once=4))
        asker.end()
        self.assertLess(time.monotonic() - began, 15)

    def test_a_server_that_is_late_is_waited_for(self):
        self.aws.control.fault("latency", action="Vend", seconds=2)
        asker = self.asker()
        self.assert_served(asker.ask())
        self.assertEqual(1, len(self.vends()))

    def test_what_the_server_asks_to_be_left_alone_for_is_kept(self):
        self.aws.control.fault("status", action="Vend", status=429, headers={"Retry-After": "60"}, body="{}")
        asker = self.asker("--lazy")
        self.assertEqual([503] * 3, asker.statuses(3))
        time.sleep(3)   # without the header it would be asked again after a second
        self.assertEqual(503, asker.ask()["status"])
        self.assertEqual(1, len(self.vends()))


class BadOptions(RemoteTest):
    def test_plain_http_is_for_loopback_alone(self):
        self.assertIn("http", self.refused_start(url="http://192.0.2.1/").stderr)
        for host in ("127.0.0.2:9", "[::1]:9"):   # nobody listens there: what the supervisor takes, the broker asks
            with self.subTest(host):
                self.assertIn(f"http://{host} gave no answer", self.refused_start(url=f"http://{host}/x").stderr)
        self.assertEqual([], self.vends())

    def test_urls_that_two_would_read_differently(self):
        for more in ("/a/../b", "//", "/a%", "/?duration=900", "/?device_id=x", "/?profile=a&profile=b", "/#x", "/?a=b+c"):
            with self.subTest(url=more):
                self.refused_start(url=self.aws.urls["tvm"] + more)
        self.assertEqual([], self.aws.log())

    def test_a_profile_that_no_server_knows_is_not_asked_for(self):
        self.add_to_config("\n[profile odd.name]\nrole_arn = " + role_arn("ledger-prod") + "\nsource_profile = marta\n")
        run = self.refused_start(profile="odd.name")
        self.assertIn("?profile=", run.stderr)
        self.assertEqual([], self.vends())

    def test_without_a_region_nothing_can_be_signed(self):
        self.write(".aws/config", "[profile marta]\n")
        run = self.refused_start(profile="marta")
        self.assertIn("region", run.stderr)
        self.assertEqual([], self.vends())


class Served(RemoteTest):
    def test_real_clients_over_both_transports(self):
        for transport in TRANSPORTS:
            for argv in ((DEBIAN_AWS, "--endpoint-url", self.aws.url, "--output", "json", "sts", "get-caller-identity"),
                         (PYTHON, "-c", BOTO3, self.aws.url)):
                with self.subTest(transport=transport, client=os.path.basename(argv[0])):
                    run = self.start(command=argv, transport=transport).finish()
                    self.assertEqual(0, run.code, run.stderr)
                    self.assertRegex(run.stdout, ":assumed-role/ledger-prod/tvm-")
        for call in self.vends():
            self.assertEqual("ok", call["outcome"], call)

    def test_what_is_asked_and_who_signs(self):
        self.asker("--server-duration", "1800s").end()
        call, = self.vends()
        self.assertEqual(("ledger-prod", "1800"), (call["params"]["profile"], call["params"]["duration"]))
        self.assertRegex(call["params"]["device_id"], "^[0-9a-f]{64}$")
        # The chain's last role signs, and STS was not asked for the command's own keys. It was asked whose those are that came.
        self.assertRegex(call["principal"], ":assumed-role/ledger-prod/")
        self.assertEqual(1, len(self.assume_role()))
        self.assertNotIn("SourceIdentity", self.assume_role()[0]["params"])
        who, = self.aws.calls("GetCallerIdentity")
        self.assertRegex(who["principal"], ":assumed-role/ledger-prod/tvm-")

    def test_the_url_names_the_profile_and_the_flag_whose_key_signs(self):
        url = self.aws.urls["tvm"] + "/?note=a%20b/c:d&profile=ledger-prod"
        asker = self.asker(profile="marta", url=url)
        self.assert_served(asker.ask())
        call, = self.vends()
        self.assertEqual(("ledger-prod", "a b/c:d", user_arn("marta")),
                         (call["params"]["profile"], call["params"]["note"], call["principal"]))
        self.assertEqual([], self.assume_role())

    def test_a_path_with_odd_characters_is_signed_as_botocore_signs_it(self):
        for path in ("/a%20b", "/v1:x/$default", "/~a/@b;c=d,e+f", "/%C3%A4", "/a%2Fb", "/x'(y)!*&z"):
            with self.subTest(path=path):
                # Behind the gateway there is nothing at this path: the signature was good.
                self.assertIn("NOT_FOUND", self.refused_start(url=self.aws.urls["tvm"] + path).stderr)

    def test_one_request_for_fifty_clients(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                before = len(self.vends())
                asker = self.asker("--lazy", transport=transport)
                self.assertEqual(before, len(self.vends()))
                answers = asker.asks(50, at_once=50)
                self.assertEqual({200}, {answer["status"] for answer in answers})
                self.assertEqual(1, len({answer["body"]["AccessKeyId"] for answer in answers}))
                self.assertEqual(before + 1, len(self.vends()))
                asker.end()

    def test_the_log_says_who_judged_and_no_secret(self):
        asker = self.asker()
        answer = asker.ask()
        asker.end()
        line, = self.decisions()
        self.assertEqual(("issued", "allow", "", -1, "remote", self.aws.urls["tvm"], "the remote server judges"),
                         tuple(line[name] for name in ("outcome", "effect", "rule", "rule_index", "credential_source", "policy_path",
                                                       "reason")))
        self.assertEqual(answer["body"]["Expiration"], line["expires_at"])
        self.assertEqual(answer["body"]["AccessKeyId"], line["access_key_id"])
        self.assertRegex(line["principal"], r"^arn:aws:sts::111122223333:assumed-role/ledger-prod/tvm-")
        self.assert_no_secret(json.dumps(line), "the log")

    def test_a_server_that_gives_another_role_s_keys_in_the_middle_of_a_run_is_refused(self):
        self.aws.control.fault("lifetime", action="Vend", seconds=LIFE, count=0)
        asker = self.asker()
        first = asker.ask()["body"]["AccessKeyId"]
        self.aws.control.gateway(profiles={"ledger-prod": {"role": "ledger-ci"}})
        wait_until(lambda: asker.ask()["status"] == 403, "the refusal of the other role's keys")
        told = self.told_on_terminal(asker)
        self.assertIn("gives the keys of arn:aws:sts::111122223333:assumed-role/ledger-ci/", told)
        issued = [line for line in self.decisions() if line["outcome"] == "issued"]
        self.assertEqual({first}, {line["access_key_id"] for line in issued})
        self.assertIn("assumed-role/ledger-ci/", self.decisions()[-1]["reason"])

    def test_a_server_that_has_revoked_the_session_is_not_asked_again_in_this_run(self):
        self.aws.control.fault("error", action="Vend", code="SESSION_REVOKED")  # once: it would say yes the next time
        asker = self.asker("--lazy")
        self.assertEqual(403, asker.ask()["status"])
        self.assertEqual([403] * 5, asker.statuses(5))
        self.assertEqual(1, len(self.vends()))
        self.assertIn("start the run anew", self.told_on_terminal(asker))
        self.assert_served(self.asker().ask())

    def test_the_command_has_a_region_and_nothing_that_signs(self):
        asker = self.asker()
        environment = asker.order("environment")
        self.assertEqual(REGION, environment["AWS_REGION"])
        self.assertNotIn(secret_of("marta"), json.dumps(environment))
        self.assertNotIn(self.aws.urls["tvm"], json.dumps(environment))
        self.assert_no_secret(json.dumps(environment), "the command's environment")

    def test_the_end_that_is_told_is_the_earlier_of_the_servers_and_the_one_asked_for(self):
        for life, most in ((3600, 900), (300, 300)):
            with self.subTest(life=life):
                self.aws.control.fault("lifetime", action="Vend", seconds=life)
                asker = self.asker()
                end = datetime.datetime.fromisoformat(asker.ask()["body"]["Expiration"].replace("Z", "+00:00"))
                left = (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
                self.assertLessEqual(left, most)
                self.assertGreater(left, most - 60)
                asker.end()

    # A gateway says "Forbidden" to a wrong clock as to a wrong key.
    def test_a_clock_that_is_wrong_is_corrected_by_the_servers(self):
        self.aws.control.clock(offset=20 * 60)
        asker = self.asker(profile="marta", url=self.aws.urls["tvm"] + "/?profile=ledger-prod")
        self.assert_served(asker.ask())
        self.assertEqual(2, len(self.vends()))

    def test_keys_are_renewed_ahead_and_a_refusal_takes_them_back(self):
        self.aws.control.fault("lifetime", action="Vend", seconds=LIFE, count=2)
        good, revoked = self.asker(), self.asker(profile="ledger-short", transport="unix")
        first, second = good.ask()["body"], revoked.ask()["body"]
        self.assertNotEqual(first["AccessKeyId"], second["AccessKeyId"])
        self.fail_with("SESSION_REVOKED", match={"profile": "ledger-short"})
        wait_until(lambda: len(self.vends()) >= 4, "both renewals", LIFE)
        wait_until(lambda: good.ask()["body"].get("AccessKeyId") != first["AccessKeyId"], "the new keys")
        self.assertEqual(200, good.ask()["status"])
        # Its old keys would be good for seconds yet.
        self.assertEqual([403] * 3, revoked.statuses(3))
        self.assertIn("SESSION_REVOKED", self.told_on_terminal(revoked))
        self.assertEqual(2, sum(call["params"]["profile"] == "ledger-prod" for call in self.vends()))


class ByToken(RemoteTest):
    """No key, no profile, no AWS file: a token says who asks."""

    def setUp(self):
        super().setUp()
        self.aws.control.gateway(bearer={"token-one": user_arn("marta")})
        self.token = self.write("token", "token-one\n")

    def start(self, *options, environment=None, **more):
        nothing = {"AWS_CONFIG_FILE": os.path.join(self.folder, "none"), "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.folder, "none")}
        return super().start("--remote-token-file", self.token, *options, environment={**nothing, **(environment or {})}, **more)

    def test_a_file_that_is_no_token(self):
        for text in ("", "two words", "two\nlines\n", "x" * 30000):
            with self.subTest(text=text[:10]):
                self.write("token", text)
                self.assertIn(self.token, self.refused_start().stderr)
        os.remove(self.token)
        self.assertIn(self.token, self.refused_start().stderr)
        self.assertEqual([], self.vends())

    def test_a_token_that_the_server_does_not_take(self):
        self.write("token", "token-two\n")
        run = self.refused_start()
        self.assertIn("HTTP status 401", run.stderr)
        self.assertIn("--remote-token-file", run.stderr)
        self.assertNotIn("token-two", run.stderr)

    def test_the_token_is_read_anew_at_each_fetch(self):
        asker = self.asker("--lazy")
        self.assert_served(asker.ask())
        self.assertEqual(user_arn("marta"), self.vends()[-1]["principal"])
        asker.end()
        self.aws.control.gateway(bearer={"token-two": user_arn("otto")})
        asker = self.asker("--lazy", transport="unix")
        self.assertEqual(403, asker.ask()["status"])
        self.write("token", "token-two\n")
        wait_until(lambda: asker.ask()["status"] == 200, "the fetch with the new token")
        self.assertEqual(user_arn("otto"), self.vends()[-1]["principal"])
        environment = asker.order("environment")
        self.assertNotIn("token-two", json.dumps(environment))

    def test_the_region_of_the_command_is_the_flags(self):
        asker = self.asker("--region", "eu-north-1")
        self.assertEqual("eu-north-1", asker.order("environment")["AWS_REGION"])


class OverTls(RemoteTest):
    tls = True

    def test_an_authority_that_nobody_named_is_not_trusted(self):
        run = self.refused_start(environment={"AWS_CA_BUNDLE": ""}, profile="marta", url=self.aws.urls["tvm"] + "/?profile=ledger-prod")
        self.assertIn("is not trusted", run.stderr)
        self.assertEqual([], self.vends())

    def test_both_transports(self):
        for transport in TRANSPORTS:
            with self.subTest(transport=transport):
                self.assertTrue(self.aws.urls["tvm"].startswith("https://"))
                self.assert_served(self.asker(transport=transport).ask())


if __name__ == "__main__":
    unittest.main(verbosity=2)
