import { X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { parseMosaicUrl, publicKeyOf } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { judgeCertificate, keyOfCertificate, type TlsFacts } from "./certificate.ts"
import { duration, skewOfDate } from "./clock.ts"
import { codes, expiredPem, newSecret, ownPem } from "./test-server.test-suite.ts"

const NOW = Date.UTC(2026, 10, 25)
const DAY = 86_400_000
const secret = newSecret()
const key = publicKeyOf(secret)
const own = new X509Certificate(ownPem(secret).cert)
const expired = new X509Certificate(expiredPem(secret).cert)
/** Of another algorithm than Mosaic's. */
const elliptic = new X509Certificate(readFileSync(new URL("../../../../tests/page/certificate.pem", import.meta.url)))
const [tcp, webSocket] = [parseMosaicUrl("mosaictcp://example.org"), parseMosaicUrl("mosaicwss://example.org")]
const facts = (certificate: X509Certificate | undefined, more: Partial<TlsFacts> = {}): TlsFacts => ({
  version: "TLSv1.3",
  certificate,
  isOfAuthority: false,
  fault: "DEPTH_ZERO_SELF_SIGNED_CERT",
  ...more,
})
const judged = (url: typeof tcp, tls: TlsFacts, now = NOW) => codes(judgeCertificate(url, "it", tls, key, now))

test("over TCP the server's own key counts, dates do not", () => {
  expect(judged(tcp, facts(own))).toEqual(["certificate-key"])
  expect(judged(tcp, facts(expired))).toEqual(["certificate-key", "certificate-over"])
  expect(judged(tcp, facts(elliptic))).toEqual(["certificate-proves-nothing"])
  expect(judged(tcp, facts(undefined))).toEqual(["certificate-unseen"])
  const broken = own.raw
  broken[broken.length - 5] = (broken.at(-5) ?? 0) ^ 1
  expect(judged(tcp, facts(new X509Certificate(broken)))).toEqual(["certificate-proves-nothing"])
  expect(keyOfCertificate(expired)).toEqual(key)
})

test("over WebSocket an authority's counts, its name and its end", () => {
  expect(judged(webSocket, facts(own))).toEqual(["certificate-own"])
  expect(judged(webSocket, facts(expired))).toEqual(["certificate-expired"])
  expect(judged(webSocket, facts(expired, { isOfAuthority: true }), Date.UTC(2019, 11, 1))).toEqual(["certificate-authority"])
  expect(judged(webSocket, facts(expired, { isOfAuthority: true }), Date.UTC(2020, 0, 1) - 5 * DAY)).toEqual([
    "certificate-authority",
    "certificate-ends-soon",
  ])
  expect(judged(webSocket, facts(elliptic), Date.parse(elliptic.validFrom) + DAY)).toEqual(["certificate-untrusted"])
  expect(judged(webSocket, facts(own, { fault: "ERR_TLS_CERT_ALTNAME_INVALID" }))).toEqual(["certificate-other-name"])
})

test("a Date tells the clock to a second and the round trip", () => {
  const shown = "Wed, 25 Nov 2026 12:00:00 GMT"
  const at = Date.parse(shown)
  expect(skewOfDate(shown, at + 100, at + 300)).toEqual({ least: -300, most: 900 })
  expect(skewOfDate("yesterday", 0, 1)).toBeUndefined()
  expect([duration(12), duration(1_500), duration(86_400_000 * 3)]).toEqual(["12 ms", "1.5 seconds", "3.0 days"])
})
