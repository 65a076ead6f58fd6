"""ML-KEM-768 (FIPS 203): key generation from a seed, and decapsulation. Written to be read, not to be fast or safe."""

from hashlib import sha3_256, sha3_512, shake_128, shake_256

Q, K, DU, DV = 3329, 3, 10, 4
BIT_REVERSED = [int(f"{i:07b}"[::-1], 2) for i in range(128)]
ZETAS = [pow(17, i, Q) for i in BIT_REVERSED]
GAMMAS = [pow(17, 2 * i + 1, Q) for i in BIT_REVERSED]


def ntt(f):
    """Algorithm 9."""
    f, i, length = f[:], 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                t = ZETAS[i] * f[j + length]
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
            i += 1
        length //= 2
    return f


def ntt_inverse(f):
    """Algorithm 10."""
    f, i, length = f[:], 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                t = f[j]
                f[j] = (t + f[j + length]) % Q
                f[j + length] = ZETAS[i] * (f[j + length] - t) % Q
            i -= 1
        length *= 2
    return [x * 3303 % Q for x in f]


def multiply(f, g):
    """Algorithms 11 and 12."""
    h = []
    for i in range(128):
        a0, a1, b0, b1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a0 * b0 + a1 * b1 * GAMMAS[i]) % Q, (a0 * b1 + a1 * b0) % Q]
    return h


def add(*polynomials):
    return [sum(coefficients) % Q for coefficients in zip(*polynomials)]


def dot(a, b):
    return add(*(multiply(x, y) for x, y in zip(a, b)))


def encode(f, bits):
    """Algorithm 5."""
    return sum(x << bits * i for i, x in enumerate(f)).to_bytes(32 * bits, "little")


def decode(data, bits):
    """Algorithm 6."""
    number = int.from_bytes(data, "little")
    return [number >> bits * i & (1 << bits) - 1 for i in range(256)]


def compress(f, bits):
    return [((x << bits + 1) + Q) // (2 * Q) % (1 << bits) for x in f]


def decompress(f, bits):
    return [(2 * Q * x + (1 << bits)) >> bits + 1 for x in f]


def sample_ntt(seed):
    """Algorithm 7. 1,344 bytes are too few for one polynomial in 2^200."""
    data, a = shake_128(seed).digest(1344), []
    for i in range(0, len(data), 3):
        d1 = data[i] + 256 * (data[i + 1] % 16)
        d2 = data[i + 1] // 16 + 16 * data[i + 2]
        a += [d for d in (d1, d2) if d < Q]
    return a[:256]


def noise(seed, number):
    """Algorithm 8, of PRF with eta = 2."""
    bits = int.from_bytes(shake_256(seed + bytes([number])).digest(128), "little")
    nibbles = (bits >> 4 * i & 15 for i in range(256))
    return [((n & 1) + (n >> 1 & 1) - (n >> 2 & 1) - (n >> 3 & 1)) % Q for n in nibbles]


def matrix(rho):
    return [[sample_ntt(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def generate(seed):
    """Algorithm 16 of `d || z`: the public key, and the secret vector in the NTT domain."""
    expanded = sha3_512(seed[:32] + bytes([K])).digest()
    rho, sigma = expanded[:32], expanded[32:]
    s = [ntt(noise(sigma, i)) for i in range(K)]
    e = [ntt(noise(sigma, K + i)) for i in range(K)]
    t = [add(dot(row, s), e[i]) for i, row in enumerate(matrix(rho))]
    return b"".join(encode(f, 12) for f in t) + rho, s


def encrypt(public_key, message, randomness):
    """Algorithm 14."""
    t = [decode(public_key[384 * i : 384 * (i + 1)], 12) for i in range(K)]
    a = matrix(public_key[-32:])
    y = [ntt(noise(randomness, i)) for i in range(K)]
    u = [
        add(ntt_inverse(dot([a[j][i] for j in range(K)], y)), noise(randomness, K + i))
        for i in range(K)
    ]
    v = add(ntt_inverse(dot(t, y)), noise(randomness, 2 * K), decompress(decode(message, 1), 1))
    return b"".join(encode(compress(f, DU), DU) for f in u) + encode(compress(v, DV), DV)


def decapsulate(seed, ciphertext):
    """Algorithm 17 with the private key that the seed makes."""
    public_key, s = generate(seed)
    u = [
        ntt(decompress(decode(ciphertext[32 * DU * i : 32 * DU * (i + 1)], DU), DU))
        for i in range(K)
    ]
    v = decompress(decode(ciphertext[32 * DU * K :], DV), DV)
    w = [(a - b) % Q for a, b in zip(v, ntt_inverse(dot(s, u)))]
    message = encode(compress(w, 1), 1)
    expanded = sha3_512(message + sha3_256(public_key).digest()).digest()
    if encrypt(public_key, message, expanded[32:]) == ciphertext:
        return expanded[:32]
    return shake_256(seed[32:] + ciphertext).digest(32)
