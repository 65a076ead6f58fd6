"""ML-DSA-65 (FIPS 204): verification, with an empty context."""

from hashlib import shake_128, shake_256

Q, D, K, L = 8380417, 13, 6, 5
TAU, BETA, OMEGA, GAMMA1, GAMMA2 = 49, 196, 55, 1 << 19, (Q - 1) // 32
ZETAS = [pow(1753, int(f"{i:08b}"[::-1], 2), Q) for i in range(256)]


def ntt(f):
    """Algorithm 41."""
    f, m, length = f[:], 0, 128
    while length >= 1:
        for start in range(0, 256, 2 * length):
            m += 1
            for j in range(start, start + length):
                t = ZETAS[m] * f[j + length]
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        length //= 2
    return f


def ntt_inverse(f):
    """Algorithm 42."""
    f, m, length = f[:], 256, 1
    while length < 256:
        for start in range(0, 256, 2 * length):
            m -= 1
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = -ZETAS[m] * (t - f[j + length]) % Q
        length *= 2
    return [x * 8347681 % Q for x in f]


def sample_ntt(seed):
    """Algorithm 30."""
    data, a = shake_128(seed).digest(1344), []
    for i in range(0, len(data), 3):
        z = int.from_bytes(data[i : i + 3], "little") & 0x7FFFFF
        if z < Q:
            a.append(z)
    return a[:256]


def sample_in_ball(seed):
    """Algorithm 29."""
    data = iter(shake_256(seed).digest(2048))
    signs = int.from_bytes(bytes(next(data) for _ in range(8)), "little")
    c = [0] * 256
    for i in range(256 - TAU, 256):
        j = next(byte for byte in data if byte <= i)
        c[i], c[j] = c[j], -1 if signs & 1 else 1
        signs >>= 1
    return c


def unpack(data, bits):
    number = int.from_bytes(data, "little")
    return [number >> bits * i & (1 << bits) - 1 for i in range(256)]


def unpack_hints(data):
    """Algorithm 21; None when they are not in their one form."""
    hints, at = [[0] * 256 for _ in range(K)], 0
    for i in range(K):
        end = data[OMEGA + i]
        if end < at or end > OMEGA:
            return None
        for j in range(at, end):
            if j > at and data[j - 1] >= data[j]:
                return None
            hints[i][data[j]] = 1
        at = end
    return None if any(data[at:OMEGA]) else hints


def use_hint(hint, r):
    """Algorithm 40, of Algorithm 36."""
    r0 = r % (2 * GAMMA2)
    if r0 > GAMMA2:
        r0 -= 2 * GAMMA2
    r1 = 0 if r - r0 == Q - 1 else (r - r0) // (2 * GAMMA2)
    if r - r0 == Q - 1:
        r0 -= 1
    if hint == 0:
        return r1
    return (r1 + (1 if r0 > 0 else -1)) % 16


def verify(public_key, message, signature):
    """Algorithm 3."""
    if len(public_key) != 1952 or len(signature) != 3309:
        return False
    rho = public_key[:32]
    t1 = [unpack(public_key[32 + 320 * i : 352 + 320 * i], 10) for i in range(K)]
    seed = signature[:48]
    z = [[GAMMA1 - x for x in unpack(signature[48 + 640 * i : 688 + 640 * i], 20)] for i in range(L)]
    hints = unpack_hints(signature[48 + 640 * L :])
    if hints is None or max(abs(x) for f in z for x in f) >= GAMMA1 - BETA:
        return False
    tr = shake_256(public_key).digest(64)
    mu = shake_256(tr + b"\0\0" + message).digest(64)
    c = ntt([x % Q for x in sample_in_ball(seed)])
    z = [ntt([x % Q for x in f]) for f in z]
    w1 = b""
    for i in range(K):
        row = [sample_ntt(rho + bytes([j, i])) for j in range(L)]
        t = ntt([x << D for x in t1[i]])
        product = [
            (sum(a[n] * f[n] for a, f in zip(row, z)) - c[n] * t[n]) % Q for n in range(256)
        ]
        w = [use_hint(h, r) for h, r in zip(hints[i], ntt_inverse(product))]
        w1 += sum(x << 4 * n for n, x in enumerate(w)).to_bytes(128, "little")
    return shake_256(mu + w1).digest(48) == seed
