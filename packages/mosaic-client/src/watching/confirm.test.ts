import {
  type VerifiedRecord,
  PROFILE,
  buildKeySchedule,
  buildRetraction,
  expiresTag,
  isAddress,
  kindHandling,
  matchesFilter,
  nonceFromText,
  signAttestation,
  toHex,
} from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { NOON, keyOf, later, secretOf, write } from "../testing.test-suite.ts"
import { type Askable, confront } from "./confirm.ts"
import { sight } from "./sighting.ts"

const DEVICE = 51

/** Shows what a list holds. */
function server(...records: readonly VerifiedRecord[]): Askable {
  return {
    async *get(references) {
      for (const reference of references) {
        const found = records.filter((record) => toHex(isAddress(reference) ? record.address : record.id) === toHex(reference))
        yield* found.slice(0, found[0] !== undefined && kindHandling(found[0].kind) === "replaceable" ? 1 : undefined)
      }
    },
    async *query(filter) {
      yield* records.filter((record) => matchesFilter(filter, record, record.timestamp))
    },
  }
}

async function missing(record: VerifiedRecord, suspect: Askable, witness: Askable = server(record), hours = 2): Promise<boolean> {
  const now = () => later(3_600 * hours)
  const sightings = [sight(record, undefined, NOON)]
  return (await confront({ suspect, witness, sightings, now, signal: AbortSignal.timeout(5_000) })).length > 0
}

const retraction = (target: VerifiedRecord, allVersions: boolean, signer = 1) =>
  buildRetraction({ signer: secretOf(signer), nonce: nonceFromText("r"), timestamp: later(60), targets: [target], allVersions })

const schedule = (state: "active" | "revokedAll", seconds: number) =>
  buildKeySchedule({
    master: secretOf(1),
    timestamp: later(seconds),
    entries: [
      { use: "signing", key: keyOf(DEVICE), state, since: later(seconds), attestation: signAttestation(secretOf(DEVICE), keyOf(1)) },
    ],
  })

describe("confront", () => {
  const note = write(1)

  it("finds missing what the suspect does not show and the witness still does", async () => {
    expect(await missing(note, server())).toBe(true)
    expect(await missing(note, server(note))).toBe(false)
    expect(await missing(note, server(), server())).toBe(false)
  })

  it("accepts that the author took it back, by id or address, and nobody else", async () => {
    expect(await missing(note, server(retraction(note, false)))).toBe(false)
    expect(await missing(note, server(retraction(note, true)))).toBe(false)
    expect(await missing(note, server(retraction(write(2), false, 2)))).toBe(true)
    const afterwards = write(1, { timestamp: later(90), nonce: note.nonce })
    expect(await missing(afterwards, server(retraction(note, true)))).toBe(true)
  })

  it("accepts a newer version, not an older one", async () => {
    const version = (seconds: number) => write(1, { kind: PROFILE, nonce: nonceFromText("profile"), timestamp: later(seconds) })
    expect(await missing(version(5), server(version(6)))).toBe(false)
    expect(await missing(version(5), server(version(4)))).toBe(true)
  })

  it("accepts that it is over, or nearly so by a clock that differs", async () => {
    const until = (hours: number) => write(1, { tags: [expiresTag(later(3_600 * hours))] })
    expect(await missing(until(1.9), server())).toBe(false)
    expect(await missing(until(2.1), server())).toBe(false)
    expect(await missing(until(3), server())).toBe(true)
  })

  it("accepts that the key which signed it was revoked, as anybody's newest key schedule says", async () => {
    const byDevice = write(DEVICE, { author: keyOf(1) })
    const [active, revoked] = [schedule("active", 0), schedule("revokedAll", 60)]
    expect(await missing(byDevice, server(active), server(byDevice, active))).toBe(true)
    expect(await missing(byDevice, server(revoked), server(byDevice, active))).toBe(false)
    expect(await missing(byDevice, server(active), server(byDevice, revoked))).toBe(false)
    expect(await missing(byDevice, server(), server(byDevice))).toBe(false)
  })

  it("asks nothing when there is nothing to ask", async () => {
    const unasked: Askable = { get: () => server().get([]), query: () => server().query({}) }
    expect(await missing(write(1, { timestamp: later(9_999) }), unasked)).toBe(false)
  })
})
