#!/usr/bin/python3
"""The stand-in as a process: what goes wrong on purpose, TLS, its end, its own world; and moto in its place."""
import concurrent.futures
import email.utils
import http.client
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import boto3  # noqa: E402
import botocore.exceptions  # noqa: E402
import botocore.parsers  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

from moto_server import Moto  # noqa: E402
from standin_case import IDENTITY, SOURCE, Case, Signed  # noqa: E402
from standin_client import POLICY_PARAMETER, REGION, Standin, key_id_of, role_arn, secret_of  # noqa: E402


class FaultTest(Case):
    def test_errors_by_name_and_number(self):
        self.aws.control.fault("error", action="GetCallerIdentity", code="Throttled", count=2, skip=1)
        sts = self.client("sts")
        sts.get_caller_identity()
        for _ in range(2):
            self.assert_code("Throttling", sts.get_caller_identity)
        sts.get_caller_identity()
        self.assertEqual(["ok", "fault", "fault", "ok"], [entry["outcome"] for entry in self.aws.log()])

    def test_a_fault_for_one_parameter_only(self):
        self.aws.control.fault("error", code="Throttled", count=0, match={"Name": "/a"})
        self.assert_code("ThrottlingException", self.client("ssm").get_parameter, Name="/a")
        self.assert_code("ParameterNotFound", self.client("ssm").get_parameter, Name="/b")

    def test_bare_statuses(self):
        for status in (500, 502, 503):
            self.aws.control.fault("status", status=status)
            answer = self.assert_code(str(status), self.client("sts").get_caller_identity)
            self.assertEqual(status, answer["ResponseMetadata"]["HTTPStatusCode"])

    def test_dropped_before_or_after_the_effect(self):
        for reset in (False, True):
            self.aws.control.fault("drop_before", reset=reset)
            with self.assertRaises(botocore.exceptions.HTTPClientError):
                self.assume()
            self.assertNotIn("issued", self.aws.log()[-1])
            self.aws.control.fault("drop_after", reset=reset)
            with self.assertRaises(botocore.exceptions.HTTPClientError):
                self.assume()
            self.assertIn("issued", self.aws.log()[-1])

    def test_botocore_retries_a_lost_answer(self):
        self.aws.control.fault("drop_after", action="AssumeRole")
        self.client("sts", attempts=2).assume_role(RoleArn=role_arn("ledger-prod"), RoleSessionName="desk")
        self.assertEqual(2, len(self.aws.calls("AssumeRole", "ok")))

    def test_bodies_that_cannot_be_read(self):
        sts = self.client("sts")
        self.aws.control.fault("truncate")
        with self.assertRaises((botocore.exceptions.HTTPClientError, botocore.parsers.ResponseParserError)):
            sts.get_caller_identity()
        self.aws.control.fault("not_xml")
        with self.assertRaises(botocore.parsers.ResponseParserError):
            sts.get_caller_identity()
        self.aws.control.fault("huge", size=3 << 20)
        self.assertEqual(3 << 20, len(Signed(self.aws).send()[1]))
        self.aws.control.fault("dribble", seconds=0)
        self.assertIn("user/marta", sts.get_caller_identity()["Arn"])

    def test_hand_made_answer(self):
        self.aws.control.fault("status", status=302, headers={"Location": "http://127.0.0.1:1/"}, body="away")
        self.assertEqual((302, "away"), Signed(self.aws).send())

    def test_hang_ends_with_the_client_s_patience_or_clear(self):
        self.aws.control.fault("hang")
        with self.assertRaises(botocore.exceptions.ReadTimeoutError):
            self.client("sts", read_timeout=0.2).get_caller_identity()
        self.aws.control.fault("hang")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = pool.submit(self.client("sts").get_caller_identity)
            self.aws.wait_for_calls(2)
            self.aws.control.release()
            with self.assertRaises(botocore.exceptions.HTTPClientError):
                waiting.result()

    def test_held_requests_are_seen_and_then_answered(self):
        self.aws.control.fault("hold", count=0)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = [pool.submit(self.assume) for _ in range(3)]
            self.aws.wait_for_calls(3, "AssumeRole", "pending")
            self.aws.control.release()
            self.assertEqual(3, len({one.result()["Credentials"]["AccessKeyId"] for one in waiting}))

    def test_clock_offset_shows_in_date_and_expiration(self):
        self.aws.control.clock(offset=600)
        answer = self.assume()
        date = email.utils.parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        self.assertAlmostEqual(time.time() + 600, date.timestamp(), delta=60)
        self.assertAlmostEqual(time.time() + 4200, answer["Credentials"]["Expiration"].timestamp(), delta=60)

    def test_lifetime_below_the_floor(self):
        self.aws.control.fault("lifetime", seconds=-5, action="AssumeRole")
        keys = self.session()
        self.assert_code("ExpiredToken", self.client("sts", keys=keys).get_caller_identity)

    def test_unknown_fault_or_op_is_refused(self):
        for call in (lambda: self.aws.control.fault("explode"), lambda: self.aws.control.fault("hang", status=3),
                     lambda: self.aws.control("_world"), lambda: self.aws.control.nonsense()):
            with self.assertRaises(ValueError):
                call()


class TlsFaultTest(FaultTest):
    tls = True

    def test_the_ca_is_needed_and_the_name_is_checked(self):
        self.assertTrue(self.aws.url.startswith("https://127.0.0.1:"))
        port = urllib.parse.urlsplit(self.aws.url).port
        context = ssl.create_default_context(cafile=self.aws.ca_file)
        for name, ok in (("localhost", True), ("127.0.0.1", True), ("sts.amazonaws.com", False)):
            with socket.create_connection(("127.0.0.1", port)) as raw:
                if ok:
                    context.wrap_socket(raw, server_hostname=name).close()
                else:
                    with self.assertRaises(ssl.SSLCertVerificationError):
                        context.wrap_socket(raw, server_hostname=name)
        with socket.create_connection(("127.0.0.1", port)) as raw, self.assertRaises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")

    def test_silent_and_garbage_clients_hold_up_nobody(self):
        port = urllib.parse.urlsplit(self.aws.url).port
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)) as garbage:
            garbage.sendall(b"GET / HTTP/1.0\r\n\r\n")
            self.client("sts").get_caller_identity()


class ProcessTest(unittest.TestCase):
    def test_ends_with_its_parent_and_takes_its_scratch_along(self):
        code = ("import sys, time; sys.path.insert(0, sys.argv[1]); from standin_client import Standin\n"
                "a = Standin(True); a.start(); print(a.pid, a.ca_file, flush=True); time.sleep(600)")
        here = os.path.dirname(os.path.abspath(__file__))
        parent = subprocess.Popen([sys.executable, "-c", code, here], stdout=subprocess.PIPE, text=True)
        pid, ca_file = parent.stdout.readline().split()
        watched = os.pidfd_open(int(pid))
        parent.send_signal(signal.SIGKILL)
        parent.communicate()
        poll = select.poll()
        poll.register(watched)
        self.assertTrue(poll.poll(60_000), "it lives on")
        os.close(watched)
        self.assertFalse(os.path.exists(os.path.dirname(ca_file)))

    def test_stop_leaves_nothing(self):
        with Standin(tls=True) as aws:
            pid, directory = aws.pid, os.path.dirname(aws.ca_file)
        self.assertFalse(os.path.exists(f"/proc/{pid}") or os.path.exists(directory))

    def test_a_world_of_its_own(self):
        key = {"id": "AKIA" + "Z" * 16, "secret": "s" * 40}
        world = {"account": "999988887777", "users": [{"name": "eve", "path": "/x/", "keys": [key]}]}
        with Standin(config=world) as aws:
            status, body = Signed(aws, keys=(key["id"], key["secret"], None)).send()
        self.assertEqual((200, True), (status, "arn:aws:iam::999988887777:user/x/eve" in body))

    def test_keep_alive_resets_and_garbage(self):
        with Standin() as aws:
            port = urllib.parse.urlsplit(aws.url).port
            for junk in (b"", b"\x16\x03\x01", b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
                         b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                         b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
                with socket.create_connection(("127.0.0.1", port)) as raw:
                    raw.sendall(junk)
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection = http.client.HTTPConnection("127.0.0.1", port)
            for _ in range(2):
                connection.request("POST", "/", IDENTITY)
                answer = connection.getresponse()
                self.assertEqual((403, None), (answer.status, answer.getheader("Connection")))
                answer.read()
            connection.close()


class MotoTest(unittest.TestCase):
    def test_moto_plays_the_same_world(self):
        with Moto() as aws:
            marta = boto3.Session(key_id_of("marta"), secret_of("marta"), region_name=REGION)
            clients = {name: marta.client(name, endpoint_url=aws.url, config=Config(proxies={}))
                       for name in ("sts", "ssm")}
            self.assertEqual("arn:aws:iam::111122223333:user/marta", clients["sts"].get_caller_identity()["Arn"])
            clients["sts"].assume_role(RoleArn=role_arn("ledger-prod"), RoleSessionName="desk", SourceIdentity=SOURCE)
            with self.assertRaises(ClientError):
                clients["sts"].assume_role(RoleArn=role_arn("ledger-stranger"), RoleSessionName="desk")
            self.assertIn("ledger-prod", clients["ssm"].get_parameter(Name=POLICY_PARAMETER)["Parameter"]["Value"])
            self.assertEqual(403, Signed(aws, keys=(key_id_of("marta"), "wrong", None)).send()[0])


if __name__ == "__main__":
    unittest.main()
