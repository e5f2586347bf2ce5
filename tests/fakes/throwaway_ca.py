"""A certificate authority that lives as long as the stand-in, made with the openssl command.

Its key never leaves the temporary directory that make() was given, which the caller removes.
"""
import os
import subprocess

EXTENSIONS = """[ca]
basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[server]
basicConstraints=critical,CA:false
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=DNS:localhost,IP:127.0.0.1{names}
"""


def _openssl(directory, *arguments):
    # Its own (empty) configuration: the machine's may be absent, or set by OPENSSL_CONF.
    environment = dict(os.environ, OPENSSL_CONF="/dev/null")
    done = subprocess.run(["openssl", *arguments], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stdout}")


def _key_and_request(directory, name, subject):
    _openssl(directory, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
    _openssl(directory, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr", "-config",
             "request.cnf")


def make(directory, names=()):
    """(CA certificate, server certificate, server key): paths of PEM files in `directory`. `names`: further ones of the
    server, that only a client which trusts this CA believes."""
    with open(os.path.join(directory, "ext.cnf"), "w") as file:
        file.write(EXTENSIONS.format(names="".join(f",DNS:{name}" for name in names)))
    with open(os.path.join(directory, "request.cnf"), "w") as file:
        file.write("[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n")
    _key_and_request(directory, "ca", "/CN=throw-away CA of the AWS stand-in")
    _openssl(directory, "x509", "-req", "-in", "ca.csr", "-signkey", "ca.key", "-days", "2", "-sha256", "-out",
             "ca.pem", "-extfile", "ext.cnf", "-extensions", "ca")
    _key_and_request(directory, "server", "/CN=localhost")
    _openssl(directory, "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
             "-days", "2", "-sha256", "-out", "server.pem", "-extfile", "ext.cnf", "-extensions", "server")
    return tuple(os.path.join(directory, name) for name in ("ca.pem", "server.pem", "server.key"))
