"""What a user is told to do when AWS, DNS or TLS said no: it follows from what they said."""
import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from aws_case import AwsTest
from standin_client import Standin


class Aws(AwsTest):
    # Each next step follows from what AWS said, in its own words.
    def test_each_refusal_of_sts_has_its_own_next_step(self):
        denied = "User: arn:aws:iam::111122223333:user/marta is not authorized to perform: sts:AssumeRole on resource: "
        for action, code, message, status, advice in (
                ("GetCallerIdentity", "SignatureDoesNotMatch", "Credential should be scoped to a valid region.", 403,
                 "check --region, AWS_REGION and the profile's region"),
                ("GetCallerIdentity", "ExpiredToken", "The security token included in the request is expired", 403, "fetch a new one"),
                ("GetCallerIdentity", "MissingAuthenticationToken", "Request is missing Authentication Token", 403, "Authorization header"),
                ("GetCallerIdentity", "OptInRequired", "The AWS Access Key Id needs a subscription for the service", 403, "activate"),
                ("AssumeRole", "RegionDisabledException", "STS is not activated in this region for account", 403, "activate STS"),
                ("AssumeRole", "AccessDenied", denied + "x with an explicit deny in a service control policy", 403, "ask those who keep it"),
                ("AssumeRole", "AccessDenied", "", 403, "trust policy")):
            with self.subTest(code=code, message=message):
                self.aws.control.clear()
                self.aws.control.fault("error", action=action, code=code, message=message, status=status, count=0)
                run = self.refused_start()
                self.assertIn(f"{action} at ", run.stderr)
                self.assertIn(code, run.stderr)
                self.assertIn(advice, run.stderr)
                self.assertNotRegex(run.stderr, r"(?m): *$")

    # A portal's or a proxy's: it is told as such, and nothing of it is shown.
    def test_a_page_in_the_place_of_an_answer(self):
        page = "<!doctype html><title>Log in to the guests' network</title>"
        for fault in ({"kind": "not_xml"}, {"kind": "status", "status": 403, "body": page},
                      {"kind": "status", "status": 302, "body": page, "headers": {"Location": "http://portal.example.com/"}}):
            with self.subTest(fault):
                self.aws.control.clear()
                self.aws.control.fault(action="GetCallerIdentity", count=0, **fault)
                run = self.refused_start()
                self.assertIn("a captive portal", run.stderr)
                self.assertNotIn("guests", run.stderr)

    def test_a_region_that_is_none(self):
        run = self.refused_start(environment={"AWS_ENDPOINT_URL": "", "AWS_REGION": "eu-centrall-1"})
        self.assertIn("sts.eu-centrall-1.amazonaws.com", run.stderr)
        self.assertIn("the region and the endpoint URL", run.stderr)   # whether the name is not known, or no network is there
        self.assertNotIn("aws_secret_access_key", run.stderr)


class Tls(AwsTest):
    tls = True

    def test_tls_to_a_plain_http_port(self):
        plain = Standin()
        plain.start()
        self.addCleanup(plain.stop)
        run = self.refused_start(environment={"AWS_ENDPOINT_URL": plain.url.replace("http:", "https:")})
        self.assertIn("does not speak TLS", run.stderr)

    # As SDKs do it: Go, Python, Node and Java take no common name any more.
    def test_a_certificate_that_names_its_host_in_the_common_name_alone(self):
        for names, sentence in (("", "names its host in the common name alone"), ("email:someone@localhost", "the common name alone"),
                                ("DNS:elsewhere", "subjectAltName"), ("DNS:localhost", "gave no answer")):
            with self.subTest(names):
                port, bundle, requests = self.serve_tls(names)
                run = self.refused_start(environment={"AWS_ENDPOINT_URL": f"https://localhost:{port}", "AWS_CA_BUNDLE": bundle})
                self.assertIn(sentence, run.stderr)
                self.assertEqual(names == "DNS:localhost", bool(requests), "a request was sent to who is not trusted")

    def serve_tls(self, names):
        """A server that hangs up on every request; its certificate has these names and the common name localhost."""
        settings = self.write("tls.cnf", "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=localhost\n[more]\nbasicConstraints=CA:true\n"
                              + (f"subjectAltName={names}\n" if names else ""), mode=0o644)
        key, bundle = (os.path.join(self.folder, name) for name in ("tls.key", "tls.pem"))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-config", settings, "-extensions", "more", "-keyout", key, "-out", bundle], check=True, capture_output=True)
        self.owned(bundle)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bundle, key)
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        requests = []

        def serve():
            while True:
                try:
                    connection = listener.accept()[0]
                except OSError:
                    return
                with contextlib.suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as client:
                    if client.recv(1):
                        requests.append(names)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(thread.join, 60)
        self.addCleanup(listener.shutdown, socket.SHUT_RDWR)
        return listener.getsockname()[1], bundle, requests


if __name__ == "__main__":
    unittest.main(verbosity=2)
