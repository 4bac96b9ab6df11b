import * as fc from "fast-check"
import { expect, test } from "vitest"
import * as arbitrary from "../../test/arbitrary.ts"
import { Random } from "../../test/random.ts"
import { concatBytes, encodeUtf8, fromHex, toHex } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { decodeZbase32, encodeZbase32 } from "../zbase32.ts"
import { type Scrypt, decryptSecretKey, encryptSecretKey } from "./encrypted-secret-key.ts"
import { parseSecretKey } from "./secret-key.ts"

const secret = parseSecretKey(fromHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"))
const salt = fromHex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
const rand4 = fromHex("01020304")
const cheap = { salt, rand4, logN: 1 }
const PREFIX = "mocryptsec0"

// A key stream that costs nothing and shows itself.
const stub: Scrypt = (_password, _salt, { dkLen }) => new Uint8Array(dkLen).fill(0x11)

test("the text is laid out as the specification says", async () => {
  const text = await encryptSecretKey(secret, "x", { salt, rand4, logN: 18, scrypt: stub })
  expect(text).toHaveLength(PREFIX.length + 93)
  const xored = (bytes: Uint8Array): string => toHex(bytes.map((byte) => byte ^ 0x11))
  const checked = fromHex("b862a2e6") // 01020304 XOR b960a1e2
  expect(toHex(decodeZbase32(text.slice(PREFIX.length)))).toBe("0112" + toHex(salt) + xored(secret) + xored(rand4) + xored(checked))
})

test("scrypt gets the normalized password, salt and cost", async () => {
  const seen: unknown[] = []
  const scrypt: Scrypt = (password, usedSalt, cost) => {
    seen.push(toHex(password), toHex(usedSalt), cost)
    return new Uint8Array(40)
  }
  // ﬁ becomes fi, and e with a combining accent é.
  await encryptSecretKey(secret, "ﬁe\u0301", { salt, rand4, logN: 16, scrypt })
  expect(seen).toEqual([toHex(encodeUtf8("fi\u00e9")), toHex(salt), { N: 65_536, r: 8, p: 1, dkLen: 40 }])
})

test("scrypt gives what another implementation gives", async () => {
  const text = await encryptSecretKey(secret, "password", { salt: encodeUtf8("NaClNaClNaClNaCl"), rand4, logN: 10 })
  const sealed = decodeZbase32(text.slice(PREFIX.length)).subarray(18)
  const plain = concatBytes(secret, rand4, fromHex("b862a2e6"))
  // From Python's hashlib, with OpenSSL.
  expect(toHex(sealed.map((byte, i) => byte ^ (plain[i] ?? 0)))).toBe(
    "02e8215bd3907488dbf18ed6df21995c4e445f9f22d1c8925d9c6d129589bdd527e7565d581aa805",
  )
})

test("a key comes back under its password, in whatever form it was typed", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitrary.bytes(32),
      fc.string({ unit: "grapheme" }),
      arbitrary.bytes(16),
      arbitrary.bytes(4),
      async (seed, password, ownSalt, own4) => {
        const text = await encryptSecretKey(parseSecretKey(seed), password, { salt: ownSalt, rand4: own4, logN: 2 })
        expect(await decryptSecretKey(text, password.normalize("NFD"))).toEqual(seed)
      },
    ),
    { numRuns: 50 },
  )
})

test("a wrong password is told apart from a broken text", async () => {
  const text = await encryptSecretKey(secret, "right", cheap)
  await expect(decryptSecretKey(text, "wrong")).rejects.toThrow(expect.objectContaining({ name: "VerifyError", reason: "password" }))
  for (const broken of ["", "mosec0", text.slice(0, -1), `${text}y`, text.toUpperCase(), text.replace(PREFIX, "mopub0")]) {
    await expect(decryptSecretKey(broken, "right")).rejects.toThrow(DecodeError)
  }
})

const withHead = (version: number, logN: number): string =>
  PREFIX + encodeZbase32(concatBytes(Uint8Array.of(version, logN), new Uint8Array(56)))

test("another version and a cost beyond the bound are refused before anything is computed", async () => {
  const scrypt: Scrypt = () => {
    throw new Error("computed")
  }
  await expect(decryptSecretKey(withHead(2, 10), "x", { scrypt })).rejects.toThrow("version: 2")
  await expect(decryptSecretKey(withHead(1, 21), "x", { scrypt })).rejects.toThrow("cost: 2^21, at most 2^20")
  await expect(decryptSecretKey(withHead(1, 255), "x", { scrypt })).rejects.toThrow(DecodeError)
  await expect(decryptSecretKey(withHead(1, 0), "x", { scrypt })).rejects.toThrow(DecodeError)
  await expect(decryptSecretKey(withHead(1, 12), "x", { scrypt, maxLogN: 11 })).rejects.toThrow("at most 2^11")
  await expect(decryptSecretKey(withHead(1, 20), "x", { scrypt })).rejects.toThrow("computed")
})

test("the caller's mistakes are named", async () => {
  await expect(encryptSecretKey(secret, "x", { ...cheap, salt: new Uint8Array(15) })).rejects.toThrow(RangeError)
  await expect(encryptSecretKey(secret, "x", { ...cheap, rand4: new Uint8Array(5) })).rejects.toThrow(RangeError)
  for (const logN of [0, 23, 1.5]) await expect(encryptSecretKey(secret, "x", { ...cheap, logN })).rejects.toThrow(RangeError)
  await expect(encryptSecretKey(secret, "\ud800", cheap)).rejects.toThrow(TypeError)
  await expect(encryptSecretKey(secret, "x", { ...cheap, scrypt: () => new Uint8Array(32) })).rejects.toThrow("scrypt: 32 bytes")
})

test("text from strangers is refused cleanly or read", async () => {
  const valid = await encryptSecretKey(secret, "x", { ...cheap, scrypt: stub })
  const seed = Date.now() % 2 ** 32
  const random = new Random(seed)
  for (let run = 0; run < 100_000; run += 1) {
    const bytes = encodeUtf8(valid)
    const changes = 1 + random.below(3)
    for (let change = 0; change < changes; change += 1) bytes[random.below(bytes.length)] = random.below(128)
    const text = String.fromCharCode(...bytes.subarray(0, random.below(4) === 0 ? random.below(bytes.length) : undefined))
    try {
      await decryptSecretKey(text, "x", { scrypt: stub })
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof VerifyError))
        throw new Error(`seed ${seed}, run ${run}, text ${text}`, { cause: error })
    }
  }
})
