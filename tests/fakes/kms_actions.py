"""KMS: Sign, Verify, GetPublicKey, with real RSA-PSS. Runs with the world's lock held.

Keys come from the world's `kms_keys`: {name, alias, pem: the private key, deny: [arn, ...], enabled}; a key is asked for by id, ARN,
alias or the alias's ARN. The arithmetic is python-cryptography's where it can be imported, else the openssl command's;
neither is the broker's own code.
"""
import base64
import os
import subprocess
import tempfile

from wire import Refusal, json_answer

ALGORITHM = "RSASSA_PSS_SHA_256"
MAX_RAW = 4096

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
except ImportError:
    rsa = None

PSS_OPTIONS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32", "-sigopt", "rsa_mgf1_md:sha256"]


def new_key_pem(bits=2048):
    """A new private key, PEM."""
    if rsa:
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                 serialization.NoEncryption()).decode()
    return _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}").decode()


def public_pem(pem):
    if rsa:
        return _load(pem).public_key().public_bytes(serialization.Encoding.PEM,
                                                    serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    return _openssl("pkey", "-pubout", stdin=pem.encode()).decode()


def sign_pss(pem, message):
    if rsa:
        return _load(pem).sign(message, _pss(), hashes.SHA256())
    with _file(pem.encode()) as key:
        return _openssl("dgst", "-sha256", *PSS_OPTIONS, "-sign", key.name, stdin=message)


def verify_pss(pem, message, signature):
    if rsa:
        try:
            _load(pem).public_key().verify(signature, message, _pss(), hashes.SHA256())
            return True
        except InvalidSignature:
            return False
    with _file(public_pem(pem).encode()) as key, _file(signature) as bytes_file:
        done = subprocess.run(["openssl", "dgst", "-sha256", *PSS_OPTIONS, "-verify", key.name, "-signature", bytes_file.name],
                              input=message, capture_output=True)
        return done.returncode == 0


def _load(pem):
    return serialization.load_pem_private_key(pem.encode(), password=None)


def _pss():
    return padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


def _openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


def _file(content):
    file = tempfile.NamedTemporaryFile(prefix="kms-")
    file.write(content)
    file.flush()
    os.chmod(file.name, 0o600)
    return file


def _arn(key, note, resource):
    return f"arn:aws:kms:{note['region']}:{key.account}:{resource}"


def _key(world, key, params, note, action):
    wanted = params.get("KeyId")
    if not isinstance(wanted, str) or not wanted:
        raise Refusal("Invalid", "1 validation error detected: Value at 'keyId' failed to satisfy constraint")
    for row in world.kms_keys.values():
        arn = _arn(key, note, f"key/{row['name']}")
        alias = row.get("alias", f"alias/{row['name']}")
        if wanted in (row["name"], arn, alias, _arn(key, note, alias)):
            if f"kms:{action}" in key.deny_actions or key.matches(row.get("deny", [])):
                raise Refusal("Denied", f"User: {key.arn} is not authorized to perform: kms:{action} on resource: "
                                        f"{arn} because no resource-based policy allows the kms:{action} action")
            if not row.get("enabled", True):
                raise Refusal("DisabledException", f"{arn} is disabled.")
            return row, arn
    raise Refusal("NotFoundException", f"Key '{_arn(key, note, 'key/' + wanted)}' does not exist")


def _bytes(params, name, most):
    try:
        value = base64.b64decode(params.get(name) or "", validate=True)
    except ValueError:
        raise Refusal("SerializationException") from None
    if not 1 <= len(value) <= most:
        raise Refusal("Invalid", f"1 validation error detected: Value at '{name.lower()}' failed to satisfy constraint: "
                                 f"Member must have length less than or equal to {most}")
    return value


def _message(params):
    if params.get("SigningAlgorithm") != ALGORITHM or params.get("MessageType", "RAW") != "RAW":
        raise Refusal("InvalidKeyUsageException", "Algorithm is not supported by the key")
    return _bytes(params, "Message", MAX_RAW)


def sign(world, key, params, note):
    row, arn = _key(world, key, params, note, "Sign")
    signature = sign_pss(row["pem"], _message(params))
    return json_answer({"KeyId": arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": ALGORITHM})


def verify(world, key, params, note):
    row, arn = _key(world, key, params, note, "Verify")
    if not verify_pss(row["pem"], _message(params), _bytes(params, "Signature", 6144)):
        raise Refusal("KMSInvalidSignatureException")
    return json_answer({"KeyId": arn, "SignatureValid": True, "SigningAlgorithm": ALGORITHM})


def get_public_key(world, key, params, note):
    row, arn = _key(world, key, params, note, "GetPublicKey")
    der = base64.b64encode(base64.b64decode("".join(public_pem(row["pem"]).splitlines()[1:-1]))).decode()
    return json_answer({"KeyId": arn, "PublicKey": der, "KeyUsage": "SIGN_VERIFY", "KeySpec": "RSA_2048",
                        "SigningAlgorithms": [ALGORITHM]})


ACTIONS = {"Sign": sign, "Verify": verify, "GetPublicKey": get_public_key}
