#!/usr/bin/python3
"""HTTP as attackers speak it, against the real programs: nothing malformed, forged or foreign brings credentials out, and
a good client is served all the while. Among them: a browser whose DNS was rebound, slow clients, many connections, heads
without end, smuggled requests.

Every request below carries the true token and comes from a member of the tree: only its form is wrong.
"""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from scene import HostileTest, main  # noqa: E402

H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"


class HttpAttacks(HostileTest):
    def attack_each(self, transport, cases):
        """cases: name -> (bytes, statuses that are right). TOKEN and PORT are filled in."""
        stage = self.stage(transport=transport)
        port = re.search(r":(\d+)/", stage.environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", ":0/")).group(1)
        for name, (text, right) in cases.items():
            with self.subTest(name, transport=transport):
                before = self.issued(stage)
                got = stage.order("raw", data=text.replace("TOKEN", stage.token).replace("PORT", port))
                self.assert_no_secret(got)
                self.assertEqual(before, self.issued(stage), "credentials went out")
                statuses = [int(number) for number in re.findall(r"HTTP/1.1 (\d+)", got)]
                self.assertLessEqual(len(statuses), 1, got)
                self.assertLessEqual(set(statuses), set(right), got)
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)
        self.assertNotIn("frontend", stage.run.stderr)  # none of it ended a frontend

    def issued(self, stage):
        return len([line for line in stage.log() if line["outcome"] == "issued"])

    def both(self, cases):
        for transport in ("unix", "tcp"):
            self.attack_each(transport, cases)

    @staticmethod
    def good(line="GET /creds HTTP/1.1", host="localhost", more=""):
        return f"{line}\r\nHost: {host}\r\nAuthorization: TOKEN\r\n{more}\r\n"

    def test_a_request_that_two_readers_could_read_in_two_ways_is_refused(self):
        g = self.good
        second = g()
        self.both({
            "length and chunks": (g(more="Content-Length: 0\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", [400]),
            "chunks": (g(more="Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", [400]),
            "chunks, oddly written": (g(more="Transfer-Encoding: xchunked\r\n"), [400]),
            "chunks, tab": (g(more="Transfer-Encoding:\tchunked\r\n"), [400]),
            "name with a blank": (g(more="Transfer-Encoding : chunked\r\n"), [400]),
            "two lengths": (g(more="Content-Length: 0\r\nContent-Length: 5\r\n"), [400]),
            "two equal lengths": (g(more="Content-Length: 0\r\nContent-Length: 0\r\n"), [400]),
            "list of lengths": (g(more="Content-Length: 0, 0\r\n"), [400]),
            "signed length": (g(more="Content-Length: +0\r\n"), [400]),
            "hex length": (g(more="Content-Length: 0x0\r\n"), [400]),
            "a body": (g(more="Content-Length: 5\r\n") + "hello", [400]),
            "request in a body": (g(more=f"Content-Length: {len(second)}\r\n") + second, [400]),
            "folded header": (g(more="X-A: b\r\n c: d\r\n"), [400]),
            "lone line feed": ("GET /creds HTTP/1.1\nHost: localhost\nAuthorization: TOKEN\n\n", [400]),
            "lone carriage return": (g(more="X-A: b\rX-C: d\r\n"), [400]),
            "zero byte": (g(more="X-A: b\0c\r\n"), [400]),
            "empty line first": ("\r\n" + g(), [400]),
            "header without colon": (g(more="nonsense\r\n"), [400]),
            "empty header name": (g(more=": x\r\n"), [400]),
            "two tokens": (g(more="Authorization: other\r\n"), [400]),
            "a body that waits": (g(more="Expect: 100-continue\r\nContent-Length: 5\r\n"), [400]),
            "another expectation": (g(more="Expect: 200-ok\r\n"), [417]),
            "a body behind an upgrade": (g(more=H2C + "Content-Length: 5\r\n") + "hello", [400]),
            "a coding behind an upgrade": (g(more=H2C + "Transfer-Encoding: x\r\n"), [400]),
            "http/2 behind an upgrade": (g(more=H2C) + "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
            "a request behind an upgrade": (g(more=H2C) + second, [400]),
            "http/2 preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400, 405, 505]),
            "high bytes": (g(more="X-A: \xff\xfe\r\n"), [400]),
            "tls hello": ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\0" * 100, [400]),
        })

    def test_pipelined_requests_are_refused(self):
        self.both({
            "two": (self.good() + self.good(), [400]),
            "two, the second cut": (self.good() + "GET /creds", [400]),
            "a hundred": (self.good() * 100, [400, 431]),
        })

    def test_a_foreign_or_doubled_host_is_refused(self):
        g = self.good
        line = "GET /creds HTTP/1.1\r\n"
        self.both({
            "rebound name": (g(host="attacker.example"), [403]),
            "rebound name, our port": (g(host="attacker.example:PORT"), [403]),
            "our name in front": (g(host="localhost.attacker.example"), [403]),
            "user part": (g(host="localhost@attacker.example"), [403]),
            "any address": (g(host="0.0.0.0"), [403]),
            "other loopback": (g(host="127.0.0.2"), [403]),
            "short loopback": (g(host="127.1"), [403]),
            "metadata": (g(host="169.254.169.254"), [403]),
            "ip6": (g(host="[::1]"), [403]),
            "wrong port": (g(host="localhost:1"), [403]),
            "trailing dot": (g(host="localhost."), [403]),
            "empty": (g(host=""), [400, 403]),
            "absent": (line + "Authorization: TOKEN\r\n\r\n", [400, 403]),
            "doubled": (line + "Host: localhost\r\nHost: localhost\r\nAuthorization: TOKEN\r\n\r\n", [400, 403]),
            "doubled, other": (line + "Host: localhost\r\nHost: evil\r\nAuthorization: TOKEN\r\n\r\n", [400, 403]),
            "a list": (g(host="localhost, evil"), [400, 403]),
        })

    def test_browsers_and_proxies_are_refused(self):
        headers = ("Origin: http://attacker.example", "Origin: null", "origin: http://localhost", "Sec-Fetch-Site: cross-site",
                   "Sec-Fetch-Mode: no-cors", "SEC-FETCH-DEST: empty", "Sec-Fetch-Site: same-origin",
                   "Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Referer: http://attacker.example/",
                   "X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1")
        self.both({header: (self.good(more=header + "\r\n"), [403]) for header in headers})

    def test_other_targets_methods_and_versions_are_refused(self):
        g = self.good
        self.both({
            "absolute": (g("GET http://localhost/creds HTTP/1.1"), [400, 404]),
            "absolute, foreign": (g("GET http://attacker.example/creds HTTP/1.1"), [400, 404]),
            "asterisk": (g("OPTIONS * HTTP/1.1"), [400, 404, 405]),
            "connect": (g("CONNECT localhost:80 HTTP/1.1"), [400, 404, 405]),
            "query": (g("GET /creds?x HTTP/1.1"), [404]),
            "fragment": (g("GET /creds#x HTTP/1.1"), [400, 404]),
            "slash behind": (g("GET /creds/ HTTP/1.1"), [404]),
            "slash before": (g("GET //creds HTTP/1.1"), [404]),
            "dots": (g("GET /x/../creds HTTP/1.1"), [404]),
            "escaped": (g("GET /%63reds HTTP/1.1"), [404]),
            "upper case": (g("GET /CREDS HTTP/1.1"), [404]),
            "root": (g("GET / HTTP/1.1"), [404]),
            "imds": (g("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1"), [404]),
            "imds token": (g("PUT /latest/api/token HTTP/1.1"), [404, 405]),
            **{method: (g(f"{method} /creds HTTP/1.1"), [400, 405])
               for method in ("POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "GETX", "M-SEARCH")},
            "1.0": (g("GET /creds HTTP/1.0"), [400, 505]),
            "0.9": ("GET /creds\r\n\r\n", [400, 505]),
            "1.2": (g("GET /creds HTTP/1.2"), [400, 505]),
            "two blanks": (g("GET  /creds HTTP/1.1"), [400]),
            "tab": (g("GET\t/creds HTTP/1.1"), [400]),
        })

    def test_a_head_beyond_every_cap_is_refused(self):
        g = self.good
        self.both({
            "long path": (g("GET /" + "a" * 20000 + " HTTP/1.1"), [400, 431]),
            "long value": (g(more="X-A: " + "a" * 20000 + "\r\n"), [431]),
            "long name": (g(more="a" * 20000 + ": x\r\n"), [400, 431]),
            "many headers": (g(more="".join(f"X-{i}: y\r\n" for i in range(3000))), [400, 431]),
            "many short": (g(more="a:\r\n" * 3000), [400, 431]),
            "long token": ("GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + "A" * 300 + "\r\n\r\n",
                           [400, 403, 431]),
            "no end": ("A" * 100000, [400, 431]),
        })

    def test_whatever_the_token_a_refusal_of_the_form_is_the_same(self):
        # A stranger learns nothing about the token from what the frontend says.
        stage = self.stage()
        for more in ("Origin: x\r\n", "Content-Length: 5\r\n"):
            answers = {stage.order("raw", data=self.good(more=more).replace("TOKEN", token))
                       for token in (stage.token, "x" * 43, "y")}
            self.assertEqual(1, len(answers), answers)
        stage.end()

    def test_no_refusal_invites_a_browser(self):
        stage = self.stage(transport="tcp")
        for more in ("", "Origin: http://a.example\r\nAccess-Control-Request-Method: GET\r\n"):
            for token in ("wrong", stage.token):
                got = stage.order("raw", data=self.good(more="Connection: close\r\n" + more).replace("TOKEN", token))
                self.assertNotIn("access-control", got.lower())
                self.assertIn("Content-Type: application/json\r\n", got)
                self.assertIn("Cache-Control: no-store\r\n", got)
        stage.end()


class SlowClients(HostileTest):
    def test_six_hundred_silent_connections_do_not_keep_a_good_client_waiting(self):
        for transport in ("unix", "tcp"):
            with self.subTest(transport):
                stage = self.stage(transport=transport)
                for _ in range(6):
                    stage.order("open_silent", count=100)
                    self.assert_still_serves(stage)
                self.assertEqual(0, stage.end().code)

    def test_clients_that_send_a_head_byte_by_byte_do_not_keep_a_good_client_waiting(self):
        stage = self.stage()
        for i in range(200):
            stage.order("open_connection", name=f"slow-{i}", data="GET /creds HTTP/1.1\r\nHost: local")
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_clients_that_never_read_do_not_keep_a_good_client_waiting(self):
        stage = self.stage(transport="tcp")
        head = f"GET /creds HTTP/1.1\r\nHost: localhost\r\nAuthorization: {stage.token}\r\n\r\n"
        for i in range(300):
            stage.order("open_connection", name=f"deaf-{i}", data=head)
        self.assert_still_serves(stage)
        self.assertEqual(0, stage.end().code)

    def test_a_silent_connection_is_ended_by_the_server(self):
        stage = self.stage()
        stage.order("open_connection", name="silent")
        answer = stage.order("hear_on", name="silent")
        self.assertIn(answer["status"], (0, 408))
        self.assertNotIn("error", answer, "the client gave up first")
        self.assert_still_serves(stage)
        stage.end()


if __name__ == "__main__":
    main()
