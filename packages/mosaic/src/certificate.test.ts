import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { publicKeyOfCertificate, selfSignedCertificate } from "./certificate.ts"
import { DecodeError, VerifyError } from "./errors.ts"
import { fromHex, toHex } from "./bytes.ts"
import { parseSecretKey, publicKeyOf } from "./keys/secret-key.ts"
import { verifyEd25519 } from "./keys/signature.ts"

const secret = parseSecretKey(new Uint8Array(32).fill(7))

/** Made by OpenSSL 3 (`req -x509 -newkey ed25519`): extensions, other names, another validity. */
const FOREIGN = fromHex(
  [
    "3082015f30820111a00302010202143c1e8ca1e3699cc66f2501ba26ba90f6715a509b300506032b657030253111300f060355040a0c08536f6d65626f647931",
    "10300e06035504030c076578616d706c65301e170d3236313132303134333230375a170d3336313131373134333230375a30253111300f060355040a0c08536f",
    "6d65626f64793110300e06035504030c076578616d706c65302a300506032b65700321009e8b4044fe1216d7699e778705fbf2f43b02a7f4cc04b75c759cb1f8",
    "7dd62b76a3533051301d0603551d0e04160414bfdbf4591837bf9db117cb24028d075fe33b0193301f0603551d23041830168014bfdbf4591837bf9db117cb24",
    "028d075fe33b0193300f0603551d130101ff040530030101ff300506032b6570034100ca1643b15f75fe0cfa29d79df206cdd3560b80757ce58daf5b486764cc",
    "c914bfd1156e1644d1016f75f7e48c1fcaa5c8043c2070e92fc566b7405a46ce0faf01",
  ].join(""),
)
const FOREIGN_KEY = "9e8b4044fe1216d7699e778705fbf2f43b02a7f4cc04b75c759cb1f87dd62b76"

describe("certificate", () => {
  it("gives back the key it was made for", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const key = parseSecretKey(seed)
        expect(publicKeyOfCertificate(selfSignedCertificate(key).certificate)).toEqual(publicKeyOf(key))
      }),
      { numRuns: 20 },
    )
  })

  it("is signed by its own key, over what it says", () => {
    const { certificate } = selfSignedCertificate(secret)
    // SEQUENCE header of 4 bytes or 3, then the signed part; the signature stands in the last 64 bytes.
    const signedAt = certificate[1] === 0x81 ? 3 : 4
    const signature = certificate.subarray(-64)
    const signed = certificate.subarray(signedAt, certificate.length - 64 - 3 - 7)
    expect(() => verifyEd25519(signature, signed, publicKeyOf(secret))).not.toThrow()
  })

  it("is the same for the same key", () => {
    expect(selfSignedCertificate(secret)).toEqual(selfSignedCertificate(secret))
  })

  it("reads the key of a certificate that another program made", () => {
    expect(toHex(publicKeyOfCertificate(FOREIGN))).toBe(FOREIGN_KEY)
  })

  it("refuses a key of small order", () => {
    const { certificate } = selfSignedCertificate(secret)
    const at = toHex(certificate).indexOf(toHex(publicKeyOf(secret))) / 2
    const weak = certificate.slice()
    weak.fill(0, at, at + 32)
    weak[at] = 1
    expect(() => publicKeyOfCertificate(weak)).toThrow(VerifyError)
  })

  it("survives what is mutated, cut off or random", () => {
    const { certificate } = selfSignedCertificate(secret)
    const mutated = fc
      .record({ from: fc.constantFrom(certificate, FOREIGN), at: fc.nat(), byte: fc.nat(255), length: fc.nat() })
      .map(({ from, at, byte, length }) => {
        const bytes = from.slice(0, length % 3 === 0 ? length % from.length : from.length)
        if (bytes.length > 0) bytes[at % bytes.length] = byte
        return bytes
      })
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        try {
          publicKeyOfCertificate(bytes)
        } catch (error) {
          if (!(error instanceof DecodeError || error instanceof VerifyError)) throw error
        }
      }),
      { numRuns: 20_000 },
    )
  })
})
