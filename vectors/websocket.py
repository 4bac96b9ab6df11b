#!/usr/bin/env python3
"""Writes websocket.json, from the specification alone: it shares no code with packages/mosaic.

Needs Python 3.8 and nothing else. Its Ed25519ph and BLAKE3 are the RFC's and the paper's formulas, written plainly: slow, not in constant time,
and checked with ed25519ph-blake3.txt (made by others' libraries) before anything is written.
"""
import base64
import hashlib
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))

# BLAKE3, unkeyed, one chunk (up to 1,024 bytes), 64 bytes of output.
IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, ROOT = 1, 2, 8


def compress(chain, block, length, flags):
    def mix(a, b, c, d, x, y):
        for word, turn_d, turn_b in ((x, 16, 12), (y, 8, 7)):
            v[a] = (v[a] + v[b] + word) & 0xFFFFFFFF
            v[d] = turn(v[d] ^ v[a], turn_d)
            v[c] = (v[c] + v[d]) & 0xFFFFFFFF
            v[b] = turn(v[b] ^ v[c], turn_b)

    def turn(value, by):
        return (value >> by | value << 32 - by) & 0xFFFFFFFF

    m = list(struct.unpack("<16I", block.ljust(64, b"\0")))
    v = [*chain, *IV[:4], 0, 0, length, flags]
    for _ in range(7):
        for column in range(4):
            mix(column, column + 4, column + 8, column + 12, m[2 * column], m[2 * column + 1])
        for column in range(4):
            mix(column, (column + 1) % 4 + 4, (column + 2) % 4 + 8, (column + 3) % 4 + 12, m[8 + 2 * column], m[9 + 2 * column])
        m = [m[index] for index in ORDER]
    return [v[i] ^ v[i + 8] for i in range(8)] + [v[i + 8] ^ chain[i] for i in range(8)]


def blake3_64(data):
    assert len(data) <= 1024
    blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
    chain = list(IV)
    for index, block in enumerate(blocks):
        flags = (CHUNK_START if index == 0 else 0) | (CHUNK_END | ROOT if index == len(blocks) - 1 else 0)
        words = compress(chain, block, len(block), flags)
        chain = words[:8]
    return struct.pack("<16I", *words)


# Ed25519 (RFC 8032, 5.1), in affine coordinates.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (15112221349535400772501151409588531511454012693041857206046113283949847762202, BASE_Y)


def add(one, two):
    (x1, y1), (x2, y2) = one, two
    t = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P,
    )


def times(scalar, point):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def expand(seed):
    digest = hashlib.sha512(seed).digest()
    return int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254, digest[32:]


def public_key(seed):
    return encode(times(expand(seed)[0], BASE))


DOM2 = b"SigEd25519 no Ed25519 collisions" + b"\x01\x06" + b"Mosaic"


def sign_hash(ph, seed, dom2=DOM2):
    scalar, prefix = expand(seed)
    number = lambda *parts: int.from_bytes(hashlib.sha512(b"".join((dom2, *parts))).digest(), "little") % L
    r = number(prefix, ph)
    r_bytes = encode(times(r, BASE))
    s = (r + number(r_bytes, encode(times(scalar, BASE)), ph) * scalar) % L
    return r_bytes + s.to_bytes(32, "little")


def sign(text, seed):
    return sign_hash(blake3_64(text), seed)


def check_ourselves():
    checked = 0
    with open(os.path.join(HERE, "ed25519ph-blake3.txt")) as lines:
        for line in lines:
            seed, data, key, ph, signature = (bytes.fromhex(part) for part in line.split())
            assert public_key(seed) == key and sign_hash(ph, seed) == signature
            if len(data) <= 1024:
                assert blake3_64(data) == ph
                checked += 1
    assert checked >= 3


ZBASE32 = "ybndrfg8ejkmcpqxot1uwisza345h769"


def zbase32(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return "".join(ZBASE32[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main():
    check_ourselves()
    server, user, other = (bytes([fill]) * 32 for fill in (200, 1, 2))
    server_key, user_key, other_key = (public_key(seed) for seed in (server, user, other))
    mosrv, mopub = "mosrv0" + zbase32(server_key), "mopub0" + zbase32(user_key)
    client_nonce_bytes, server_nonce_bytes = bytes(range(32)), bytes(range(224, 256))
    client_nonce, server_nonce = base64url(client_nonce_bytes), base64url(server_nonce_bytes)
    short, long = "0123456789abcdef", ("A_-z" * 32)

    def of_client(nonce, key=mosrv):
        return f"mosaic-auth:{key}:{nonce}".encode()

    def of_server(nonce):
        return f"mosaic-server-auth:{nonce}".encode()

    proof, server_proof = sign(of_client(server_nonce), user), sign(of_server(client_nonce), server)
    proofs = []

    def by_client(name, nonce, signature, holds):
        proofs.append({"name": name, "by": "client", "seed": user.hex(), "key": user_key.hex(), "serverKey": server_key.hex(), "nonce": nonce,
                       "text": of_client(nonce).decode(), "signature": signature.hex(), "holds": holds})

    def by_server(name, nonce, signature, holds):
        proofs.append({"name": name, "by": "server", "seed": server.hex(), "key": server_key.hex(), "serverKey": server_key.hex(), "nonce": nonce,
                       "text": of_server(nonce).decode(), "signature": signature.hex(), "holds": holds})

    by_client("a client's proof", server_nonce, proof, True)
    by_client("of the shortest nonce", short, sign(of_client(short), user), True)
    by_client("of the longest nonce", long, sign(of_client(long), user), True)
    by_client("for another server", server_nonce, sign(of_client(server_nonce, "mosrv0" + zbase32(other_key)), user), False)
    by_client("the server's key printed as a person's", server_nonce, sign(of_client(server_nonce, "mopub0" + zbase32(server_key)), user), False)
    by_client("for another nonce", server_nonce, sign(of_client(client_nonce), user), False)
    by_client("by another key", server_nonce, sign(of_client(server_nonce), other), False)
    by_client("the bare nonce", server_nonce, sign(server_nonce.encode(), user), False)
    by_client("the bytes of the nonce", server_nonce, sign(server_nonce_bytes, user), False)
    by_client("what a server signs", server_nonce, sign(of_server(server_nonce), user), False)
    by_client("without the context", server_nonce,
              sign_hash(blake3_64(of_client(server_nonce)), user, b"SigEd25519 no Ed25519 collisions\x01\x00"), False)
    by_client("hashed with SHA-512", server_nonce, sign_hash(hashlib.sha512(of_client(server_nonce)).digest(), user), False)
    by_client("plain Ed25519 of the text", server_nonce, sign_hash(of_client(server_nonce), user, b""), False)
    large = (int.from_bytes(proof[32:], "little") + L).to_bytes(32, "little")
    by_client("s not below the order", server_nonce, proof[:32] + large, False)
    by_server("a server's proof", client_nonce, server_proof, True)
    by_server("of a short nonce", short, sign(of_server(short), server), True)
    by_server("of another nonce", client_nonce, sign(of_server(server_nonce), server), False)
    by_server("the bare nonce, by a server", client_nonce, sign(client_nonce.encode(), server), False)
    by_server("what a client signs", client_nonce, sign(of_client(client_nonce), server), False)

    versions, features, nonce_header = "X-Mosaic-Versions", "X-Mosaic-Features", "X-Mosaic-Server-Authenticate-Nonce"
    auth_as = "X-Mosaic-Authenticate-As"
    whole = {versions: "0", features: "0,1,1879477004", auth_as: mopub, nonce_header: client_nonce}
    read = {"versions": [0], "features": [0, 1, 1879477004], "authenticateAs": user_key.hex(), "serverNonce": client_nonce}
    nothing = {"versions": [0], "features": [], "authenticateAs": None, "serverNonce": None}
    flipped = mopub[:-1] + ("b" if mopub[-1] != "b" else "y")
    hello = [
        {"name": "everything", "headers": whole, "read": read, "isWritten": True},
        {"name": "anonymous, without features", "headers": {versions: "0", features: ""}, "read": nothing, "isWritten": True},
        {"name": "versions alone", "headers": {versions: "0"}, "read": nothing},
        {"name": "several versions, blanks", "headers": {versions: " 0, 3 ,65535", features: "1 , 7"},
         "read": {**nothing, "versions": [0, 3, 65535], "features": [1, 7]}},
        {"name": "no versions: Hello comes as a message", "headers": {features: "1", nonce_header: client_nonce}, "read": None},
        {"name": "the longest nonce", "headers": {versions: "0", nonce_header: long}, "read": {**nothing, "serverNonce": long}},
    ]
    for name, change in (
        ("a version above 16 bits", {versions: "65536"}),
        ("a version that is no number", {versions: "0,one"}),
        ("an empty entry", {versions: "0,,1"}),
        ("a sign", {versions: "+0"}),
        ("hexadecimal", {features: "0x1"}),
        ("a feature above 32 bits", {features: "4294967296"}),
        ("more than 1,024 features", {features: ",".join(["1"] * 1025)}),
        ("a nonce of 15 characters", {nonce_header: short[:15]}),
        ("a nonce of 129 characters", {nonce_header: long + "A"}),
        ("a nonce with padding", {nonce_header: client_nonce + "="}),
        ("a nonce in plain base64", {nonce_header: base64.b64encode(server_nonce_bytes).decode().rstrip("=") + "+/"}),
        ("a server's key as the user", {auth_as: mosrv}),
        ("a key in hexadecimal", {auth_as: user_key.hex()}),
        ("z-base-32 that does not re-encode to itself", {auth_as: flipped}),
        ("a key of small order", {auth_as: "mopub0" + zbase32(b"\x01" + bytes(31))}),
    ):
        hello.append({"name": name, "headers": {**whole, **change}, "refused": True})

    version, accepted, url = "X-Mosaic-Version", "X-Mosaic-Features-Accepted", "X-Mosaic-Service-Url"
    proof_header, client_header = "X-Mosaic-Server-Authentication", "X-Mosaic-Client-Authenticate-Nonce"
    printed = base64.b64encode(server_proof).decode()
    answer = {version: "0", accepted: "0,1", proof_header: printed, client_header: server_nonce, url: "https://example.org/join"}
    answered = {"version": 0, "featuresAccepted": [0, 1], "serverProof": server_proof.hex(), "clientNonce": server_nonce,
                "serviceUrl": "https://example.org/join"}
    bare = {"version": 0, "featuresAccepted": [], "serverProof": None, "clientNonce": None, "serviceUrl": None}
    ack = [
        {"name": "everything", "headers": answer, "read": answered, "isWritten": True},
        {"name": "the least", "headers": {version: "0", accepted: ""}, "read": bare, "isWritten": True},
        {"name": "the version alone", "headers": {version: "0"}, "read": bare},
    ]
    unused = printed[:-3] + ("h" if printed[-3] != "h" else "i") + "=="
    for name, change in (
        ("no version", {version: ""}),
        ("two versions", {version: "0,1"}),
        ("a proof in base64url", {proof_header: base64.urlsafe_b64encode(b"\xff" * 64).decode()}),
        ("a proof without padding", {proof_header: printed.rstrip("=")}),
        ("a proof of 63 bytes", {proof_header: base64.b64encode(server_proof[:63]).decode()}),
        ("a proof whose unused bits are set", {proof_header: unused}),
        ("a nonce that is none", {client_header: "short"}),
        ("a service URL that runs a script", {url: "javascript:alert(1)"}),
        ("a service URL with blanks", {url: "https://example.org/join us"}),
    ):
        ack.append({"name": name, "headers": {**answer, **change}, "refused": True})

    def message(kind, length, *parts):
        whole = bytes([kind]) + length.to_bytes(3, "little") + bytes(4) + b"".join(parts)
        assert len(whole) == length
        return whole.hex()

    messages = [
        {"name": "Hello Auth", "hex": message(0x11, 72, proof), "read": {"type": "helloAuth", "signature": proof.hex()}},
        {"name": "Identify", "hex": message(0x12, 72, user_key, client_nonce_bytes),
         "read": {"type": "identify", "key": user_key.hex(), "nonce": client_nonce_bytes.hex()}},
        {"name": "Identify, anonymous", "hex": message(0x12, 72, bytes(32), client_nonce_bytes),
         "read": {"type": "identify", "key": None, "nonce": client_nonce_bytes.hex()}},
        {"name": "Identity", "hex": message(0x92, 136, server_key, server_nonce_bytes, server_proof),
         "read": {"type": "identity", "key": server_key.hex(), "nonce": server_nonce_bytes.hex(), "proof": server_proof.hex()}},
    ]
    groups = {"proofs": proofs, "hello": hello, "helloAck": ack, "messages": messages}
    with open(os.path.join(HERE, "websocket.json"), "w") as out:
        lines = [f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(each)}" for each in group) + "\n  ]" for name, group in groups.items()]
        out.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
