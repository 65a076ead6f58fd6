"""
Opens `.dst` files and sealed torrents: a second implementation, written after docs/spec/dst.md and sealed-torrent.md
and not after the program. Sections of the former are named beside what they demand.

Reads a list of jobs from standard input, in JSON, and writes a list of results. A job is
  {"file": base64, "keys": [key of test/vectors/dst/keys.json, …], "passphrases": [text, …], "carrier": base64 or none}
"""

import json
import sys
import unicodedata
from base64 import b64decode, b64encode
from hashlib import sha1, sha256, sha3_256, sha512, shake_256
from hmac import compare_digest, digest

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

import ml_dsa
import ml_kem

PREFIX = b"dst-torrent.org/"
LABEL = b"dst-torrent.org/v1/"
CHUNK, TAG = 16384, 16
SIGNATURE_BLOCK = 1952 + 32 + 3309 + 64


class Refused(Exception):
    """Its argument is the code of the error."""


def demand(condition, code):
    if not condition:
        raise Refused(code)


def from_base64(text):
    """Canonical, without padding (§2.2); None when it is not."""
    try:
        data = b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        return None
    return data if b64encode(data).rstrip(b"=") == text else None


def is_visible(word):
    return word != b"" and all(0x21 <= byte <= 0x7E for byte in word)


# ---- §2: the header


def parse_header(file):
    demand(file.startswith(PREFIX), "SEALED_FORMAT")
    at, stanzas = 0, []

    def line():
        nonlocal at
        end = file.find(b"\n", at, 2 << 20)
        if end < 0:
            raise Refused("SEALED_TOO_LARGE" if len(file) >= 2 << 20 else "SEALED_TRUNCATED")
        found, at = file[at:end], end + 1
        return found

    version = line()[len(PREFIX) :]
    demand(is_visible(version), "SEALED_HEADER")
    demand(version == b"v1", "SEALED_VERSION")
    while True:
        start = at
        first = line()
        if first.startswith(b"---"):
            mac = from_base64(first[4:]) if first.startswith(b"--- ") else None
            demand(mac is not None and len(mac) == 32 and stanzas != [], "SEALED_HEADER")
            return stanzas, file[: start + 3], mac, at
        demand(len(stanzas) < 1024, "SEALED_TOO_LARGE")
        words = first[3:].split(b" ")
        demand(first.startswith(b"-> ") and all(map(is_visible, words)), "SEALED_HEADER")
        text, part = b"", b"x" * 64
        while len(part) == 64:
            part = line()
            text += part
        body = from_base64(text)
        demand(len(part) < 64 and body is not None, "SEALED_HEADER")
        stanzas.append((words[0].decode(), words[1:], body))


# ---- §3: the recipients


def of_type(stanzas, kind, body_length):
    found = [(args, body) for (type_, args, body) in stanzas if type_ == kind]
    demand(all(len(body) == body_length for _, body in found), "SEALED_HEADER")
    return found


def arguments(args, *lengths):
    values = [from_base64(arg) for arg in args]
    fits = len(values) == len(lengths) and all(
        value is not None and len(value) == length for value, length in zip(values, lengths)
    )
    demand(fits, "SEALED_HEADER")
    return values


def open_gcm(key, sealed, nonce=bytes(12)):
    try:
        return AESGCM(key).decrypt(nonce, sealed, None)
    except InvalidTag:
        return None


def hpke_open(secret, info, sealed):
    """RFC 9180 §5.1 and §5.2, base mode, one message (§3.1)."""
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def labeled(salt, label, data):
        return digest(salt or bytes(32), b"HPKE-v1" + suite + label + data, "sha256")

    context = b"\0" + labeled(b"", b"psk_id_hash", b"") + labeled(b"", b"info_hash", info)
    prk = labeled(secret, b"secret", b"")

    def expand(label, length):
        data = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return HKDFExpand(SHA256(), length, data).derive(prk)

    return open_gcm(expand(b"key", 32), sealed, expand(b"base_nonce", 12))


def x_wing_secret(seed, encapsulated):
    """draft-connolly-cfrg-xwing-kem §5.4; None for a share of small order (§3.1)."""
    expanded = shake_256(seed).digest(96)
    private = X25519PrivateKey.from_private_bytes(expanded[64:])
    share = encapsulated[1088:]
    try:
        exchanged = private.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError:
        return None
    kem_secret = ml_kem.decapsulate(expanded[:64], encapsulated[:1088])
    own = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    label = bytes.fromhex("5c2e2f2f5e5c")
    return sha3_256(kem_secret + exchanged + share + own + label).digest()


def hybrid(seed):
    def unwrap(stanzas):
        for args, body in of_type(stanzas, "mlkem768x25519", 48):
            (encapsulated,) = arguments(args, 1120)
            secret = x_wing_secret(seed, encapsulated)
            key = secret and hpke_open(secret, LABEL + b"mlkem768x25519", body)
            if key:
                return key
        return None

    return unwrap


def open_oaep(private, ciphertext, label):
    oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), LABEL + label)
    try:
        return private.decrypt(ciphertext, oaep)
    except ValueError:
        return None


def rsa_hybrid(private, kem_seed, public_key):
    """§3.2."""

    def unwrap(stanzas):
        for args, body in of_type(stanzas, "mlkem768rsa4096", 48):
            kem_ciphertext, rsa_ciphertext = arguments(args, 1088, 512)
            secret = open_oaep(private, rsa_ciphertext, b"mlkem768rsa4096")
            if secret is None or len(secret) != 32:
                continue
            keys = sha3_256(public_key["kem"] + public_key["rsa"]).digest()
            parts = ml_kem.decapsulate(kem_seed, kem_ciphertext) + secret + kem_ciphertext
            parts += rsa_ciphertext + keys + LABEL + b"mlkem768rsa4096"
            key = open_gcm(sha3_256(parts).digest(), body)
            if key:
                return key
        return None

    return unwrap


def rsa_alone(private):
    """§3.3."""

    def unwrap(stanzas):
        for args, body in of_type(stanzas, "rsa4096", 512):
            arguments(args)
            key = open_oaep(private, body, b"rsa4096")
            if key is not None and len(key) == 32:
                return key
        return None

    return unwrap


def passphrase(text):
    """§3.4."""

    def unwrap(stanzas):
        for args, body in of_type(stanzas, "argon2id", 48):
            (salt,) = arguments(args[:1], 16)
            costs = args[1:]
            are_numbers = all(c.isdigit() and not c.startswith(b"0") for c in costs)
            demand(len(costs) == 3 and are_numbers, "SEALED_HEADER")
            memory, passes, lanes = map(int, costs)
            demand(memory >= 8 * lanes, "SEALED_HEADER")
            demand(memory <= 1 << 20 and passes <= 10 and lanes <= 4, "SEALED_COST")
            password = unicodedata.normalize("NFC", text).encode()
            wrap_key = hash_secret_raw(
                password, LABEL + b"argon2id" + salt, passes, memory, lanes, 32, Type.ID
            )
            key = open_gcm(wrap_key, body)
            demand(key is not None, "SEALED_PASSPHRASE")
            return key
        return None

    return unwrap


def identities(job):
    for key in job.get("keys", []):
        private = key["privateKey"]
        if key["kind"] == "mlkem768x25519":
            yield hybrid(bytes.fromhex(private))
        else:
            rsa = load_der_private_key(b64decode(private["rsa"]), None)
            public = {name: b64decode(text) for name, text in key["publicKey"].items()}
            yield rsa_hybrid(rsa, bytes.fromhex(private["kem"]), public)
            yield rsa_alone(rsa)
    yield from map(passphrase, job.get("passphrases", []))


def unwrap_file_key(stanzas, covered, mac, unwrappers):
    """§2.1 and §7, steps 3 to 5."""
    types = [type_ for type_, _, _ in stanzas]
    demand(types.count("rsa4096") + types.count("mlkem768rsa4096") <= 64, "SEALED_TOO_LARGE")
    demand(types.count("rsa4096") in (0, len(types)), "SEALED_HEADER")
    demand("argon2id" not in types or len(types) == 1, "SEALED_HEADER")
    failure = "SEALED_NO_KEY"
    for unwrap in unwrappers:
        try:
            file_key = unwrap(stanzas)
        except Refused as refused:
            if refused.args[0] != "SEALED_PASSPHRASE":
                raise
            failure = "SEALED_PASSPHRASE"
            continue
        if file_key is None:
            continue
        mac_key = HKDF(SHA256(), 32, None, b"header").derive(file_key)
        demand(compare_digest(digest(mac_key, covered, "sha256"), mac), "SEALED_FORGED")
        return file_key
    raise Refused(failure)


# ---- §4 to §6: the payload


def chunks(file_key, header, payload):
    """The plaintext of each chunk, in turn (§4)."""
    demand(len(payload) >= 56, "SEALED_TRUNCATED")
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + payload[:24]
    info += b"dst-torrent.org/v1" + sha512(header).digest()
    derived = HKDFExpand(SHA512(), 76, info).derive(file_key)
    key, base_nonce, commitment = derived[:32], derived[32:44], derived[44:]
    demand(compare_digest(commitment, payload[24:56]), "SEALED_DAMAGED")
    at, number, is_last = 56, 0, False
    while not is_last:
        sealed = payload[at : at + CHUNK + TAG]
        is_last = len(sealed) < CHUNK + TAG
        demand(len(sealed) >= TAG, "SEALED_TRUNCATED")
        nonce = (int.from_bytes(base_nonce, "big") ^ number).to_bytes(12, "big")
        plaintext = open_gcm(key, sealed, nonce)
        demand(plaintext is not None, "SEALED_DAMAGED")
        yield plaintext
        at, number = at + CHUNK + TAG, number + 1


def padded(length):
    """Padmé (§5.3), in integers."""
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    unit = 1 << max(exponent - exponent.bit_length(), 0)
    return -(-length // unit) * unit


def bdecode(data):
    """One bencoded value and nothing behind it, keys in order; ValueError for anything else."""

    def value(at):
        mark = data[at : at + 1]
        if mark == b"i":
            end = data.index(b"e", at)
            number = int(data[at + 1 : end])
            if str(number).encode() != data[at + 1 : end]:
                raise ValueError
            return number, end + 1
        if mark in (b"l", b"d"):
            items, at = [], at + 1
            while data[at : at + 1] != b"e":
                item, at = value(at)
                items.append(item)
            if mark == b"l":
                return items, at + 1
            names, values = items[::2], items[1::2]
            if len(names) != len(values) or not all(isinstance(name, bytes) for name in names):
                raise ValueError
            if any(a >= b for a, b in zip(names, names[1:])):
                raise ValueError
            return dict(zip(names, values)), at + 1
        colon = data.index(b":", at)
        length = int(data[at:colon])
        end = colon + 1 + length
        if str(length).encode() != data[at:colon] or end > len(data):
            raise ValueError
        return data[colon + 1 : end], end

    found, end = value(0)
    if end != len(data):
        raise ValueError
    return found


def read_head(data):
    """§5.1."""
    try:
        found = bdecode(data)
    except (ValueError, IndexError):
        raise Refused("SEALED_HEADER")
    demand(isinstance(found, dict), "SEALED_HEADER")
    kind, length, signed = found.get(b"kind"), found.get(b"length"), found.get(b"signed")
    name, created = found.get(b"name"), found.get(b"created")
    demand(kind in (b"torrent", b"file", b"identity"), "SEALED_HEADER")
    demand(isinstance(length, int) and 0 <= length < 1 << 53, "SEALED_HEADER")
    demand(signed in (0, 1), "SEALED_HEADER")
    demand(name is None or len(name) <= 255, "SEALED_HEADER")
    return {
        "kind": kind.decode(),
        "length": length,
        "isSigned": signed == 1,
        "created": created,
        "name": None if name is None else name.decode("utf-8", "replace"),
    }


def is_signed_by(public_key, header, signed, signature):
    """§6."""
    message = sha512(sha512(header).digest() + sha512(signed).digest()).digest()
    message = LABEL + b"signature\n" + message
    try:
        Ed25519PublicKey.from_public_bytes(public_key[1952:]).verify(signature[3309:], message)
    except (InvalidSignature, ValueError):
        return False
    return ml_dsa.verify(public_key[:1952], message, signature[:3309])


def open_file(file, unwrappers, result):
    """§7. `result` is filled in as one goes on, so that it tells what was given out before an error."""
    stanzas, covered, mac, end = parse_header(file)
    file_key = unwrap_file_key(stanzas, covered, mac, unwrappers)
    result["fileKey"] = file_key.hex()
    header, plaintext, head, start = file[:end], b"", None, 0
    for chunk in chunks(file_key, header, file[end:]):
        plaintext += chunk
        if head is None and len(plaintext) >= 4:
            start = 4 + int.from_bytes(plaintext[:4], "big")
            demand(start <= 4 + 4096, "SEALED_HEADER")
            if len(plaintext) >= start:
                head = read_head(plaintext[4:start])
        if head is not None:
            content_end = start + head["length"]
            used = content_end + (SIGNATURE_BLOCK if head["isSigned"] else 0)
            demand(not any(plaintext[used:]), "SEALED_HEADER")
            demand(len(plaintext) <= padded(used), "SEALED_HEADER")
            if len(chunk) == CHUNK:
                result["content"] = plaintext[start:content_end]
    demand(head is not None and len(plaintext) == padded(used), "SEALED_HEADER")
    if head["isSigned"]:
        public_key = plaintext[content_end : content_end + 1984]
        signature = plaintext[content_end + 1984 : used]
        is_good = is_signed_by(public_key, header, plaintext[:content_end], signature)
        demand(is_good, "SEALED_SIGNATURE")
        result["signer"] = b64encode(public_key).decode()
    result["head"] = head
    result["content"] = plaintext[start:content_end]


# ---- sealed-torrent.md


def merkle_root(layer, pad):
    while len(layer) > 1:
        if len(layer) % 2:
            layer = layer + [pad]
        layer = [sha256(a + b).digest() for a, b in zip(layer[::2], layer[1::2])]
        pad = sha256(pad + pad).digest()
    return layer[0]


def raw_info(torrent):
    """The bytes of the info dictionary. The torrents of the vectors have no `4:info` elsewhere."""
    data = torrent[torrent.index(b"4:info") + 6 :]
    for end in range(len(data), 0, -1):
        try:
            bdecode(data[:end])
            return data[:end]
        except (ValueError, IndexError):
            pass
    raise Refused("METAINFO_INFO_MISSING")


def open_torrent(content, carrier):
    """What is in a sealed torrent, and its files out of the carrier."""
    try:
        found = bdecode(content)
    except (ValueError, IndexError):
        raise Refused("SEALED_CONTENT")
    demand(isinstance(found, dict), "SEALED_CONTENT")
    described, key = found.get(b"content"), found.get(b"key")
    torrent, transport = found.get(b"torrent"), found.get(b"transport")
    is_whole = isinstance(described, dict) and isinstance(torrent, bytes) and isinstance(key, bytes)
    demand(is_whole and len(key) == 32, "SEALED_CONTENT")
    demand(transport in (b"required", b"prefer", b"off"), "SEALED_CONTENT")
    info = bdecode(torrent).get(b"info")
    demand(info is not None, "METAINFO_INFO_MISSING")
    carrier_name = sha256(LABEL + b"carrier" + key).hexdigest().encode()
    demand(info[b"name"] == carrier_name, "SEALED_CONTENT")
    demand(b"name" in described, "METAINFO_NAME_MISSING")
    demand(b"length" in described or b"files" in described, "METAINFO_LENGTH_OR_FILES")
    name = described[b"name"]
    is_single = b"length" in described
    files = [(name, described)] if is_single else [
        (b"/".join([name, *file[b"path"]]), file) for file in described[b"files"]
    ]
    length = info[b"length"] if b"length" in info else info[b"file tree"][carrier_name][b""][b"length"]
    demand(sum(file[b"length"] for _, file in files) <= length, "METAINFO_SEALED")
    step = info[b"piece length"]
    pieces = [carrier[at : at + step] for at in range(0, len(carrier), step)]
    is_good = len(carrier) == length
    if b"pieces" in info:
        is_good = is_good and b"".join(sha1(piece).digest() for piece in pieces) == info[b"pieces"]
    if b"file tree" in info:
        blocks = [sha256(carrier[at : at + 16384]).digest() for at in range(0, length, 16384)]
        root = info[b"file tree"][carrier_name][b""][b"pieces root"]
        is_good = is_good and merkle_root(blocks, bytes(32)) == root
    cipher = Cipher(AES(key), CTR(bytes(16))).decryptor()
    plain = cipher.update(carrier) + cipher.finalize()
    listed, offset = [], 0
    for path, file in files:
        end = offset + file[b"length"]
        listed.append({
            "path": path.decode(),
            "offset": offset,
            "length": file[b"length"],
            "isExecutable": b"x" in file.get(b"attr", b""),
            "sha256": sha256(plain[offset:end]).hexdigest(),
        })
        offset = end
    return {
        "isGood": is_good and not any(plain[offset:]),
        "transport": transport.decode(),
        "contentName": name.decode(),
        "contentKey": key.hex(),
        "files": listed,
        "infoHashes": {
            "v1": sha1(raw_info(torrent)).hexdigest() if b"pieces" in info else None,
            "v2": sha256(raw_info(torrent)).hexdigest() if b"meta version" in info else None,
        },
    }


def perform(job):
    result = {"result": "opened", "head": None, "content": b"", "signer": None, "fileKey": None}
    try:
        open_file(b64decode(job["file"]), identities(job), result)
        if "carrier" in job:
            demand(result["head"]["kind"] == "torrent", "SEALED_CONTENT")
            result["torrent"] = open_torrent(result["content"], b64decode(job["carrier"]))
    except Refused as refused:
        result["result"] = refused.args[0]
    content = result.pop("content")
    return {**result, "released": len(content), "sha256": sha256(content).hexdigest()}


if __name__ == "__main__":
    json.dump([perform(job) for job in json.load(sys.stdin)], sys.stdout)
