import { buildRecord, nonceFromText, parseSecretKey, PROFILE, publicKeyOf, timestampFromUnixMillis } from "@tessera/mosaic"
import type { VerifiedRecord } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { GUEST_RECORDS, Lobby, LOBBY_BYTES } from "./lobby.ts"

let millis = 1_790_000_000_000
const now = () => timestampFromUnixMillis(millis)

function profile(seed: number, size = 10, at = millis, nonce = "profile"): VerifiedRecord {
  const signer = parseSecretKey(new Uint8Array(32).fill(seed))
  return buildRecord({
    author: publicKeyOf(signer),
    signer,
    kind: PROFILE,
    nonce: nonceFromText(nonce),
    timestamp: timestampFromUnixMillis(at),
    payload: new Uint8Array(size),
  })
}

test("the newest of each guest is kept, and each leaves after a day", () => {
  const lobby = new Lobby(now)
  const first = profile(1)
  expect(lobby.put(first)).toBe("stored")
  expect(lobby.put(first)).toBe("duplicate")
  const second = profile(1, 10, millis + 1)
  expect(lobby.put(second)).toBe("stored")
  expect(lobby.put(first)).toBe("superseded")
  expect(lobby.of(first.author)).toEqual([second])
  millis += 86_400_000
  lobby.put(profile(2))
  expect(lobby.of(first.author)).toEqual([])
  lobby.dismiss(profile(2).author)
  expect(lobby.of(profile(2).author)).toEqual([])
})

test("when it is full, who waited longest leaves", () => {
  const lobby = new Lobby(now)
  const size = 900_000
  const most = Math.floor(LOBBY_BYTES / (size + 216))
  const guests = Array.from({ length: most + 3 }, (_, i) => profile(i + 1, size))
  for (const guest of guests) lobby.put(guest)
  const present = guests.map((guest) => lobby.of(guest.author).length)
  expect(present).toEqual([0, 0, 0, ...Array.from({ length: most }, () => 1)])
})

test("a guest leaves a few records, not one for every nonce there is", () => {
  const lobby = new Lobby(now)
  const left = Array.from({ length: GUEST_RECORDS + 3 }, (_, i) => lobby.put(profile(1, 10, millis, `${i}`)))
  expect(left.map((outcome) => outcome === "stored")).toEqual(left.map((_, i) => i < GUEST_RECORDS))
  expect(lobby.put(profile(1, 10, millis + 1, "0"))).toBe("stored")
  expect(lobby.of(profile(1).author)).toHaveLength(GUEST_RECORDS)
})
