import { type BootstrapServer, type Timestamp, toHex } from "@tessera/mosaic"
import { describe, expect, it } from "vitest"
import { NOON, keyOf, later } from "../testing.test-suite.ts"
import { Directory } from "./directory.ts"

const [ann, ben, server, other] = [1, 2, 101, 102].map(keyOf) as [Key, Key, Key, Key]
type Key = ReturnType<typeof keyOf>
const signal = AbortSignal.timeout(10_000)

/** A discovery that counts, and fails when it is told to. */
class Found {
  now: Timestamp = NOON
  isDown = false
  readonly lookups: string[] = []
  readonly failures: unknown[] = []
  users = new Map<string, readonly BootstrapServer[]>([
    [
      toHex(ann),
      [
        { usage: 1, serverKey: server },
        { usage: 2, serverKey: other },
      ],
    ],
  ])
  readonly directory = new Directory(
    {
      lookupUser: async (key) => this.#look("user", this.users.get(toHex(key))),
      lookupServer: async (key) => this.#look("server", toHex(key) === toHex(server) ? ["mosaictcp://192.0.2.1/"] : undefined),
    },
    () => this.now,
    (_, error) => void this.failures.push(error),
  )

  #look<Value>(what: string, value: Value): Value {
    this.lookups.push(what)
    if (this.isDown) throw new Error("no network")
    return value
  }
}

describe("a directory", () => {
  it("looks up people, and their servers of the roles that matter", async () => {
    const { directory, lookups } = new Found()
    await directory.prepare([ann, ben], ["outbox"], signal)
    expect(lookups).toEqual(["user", "user", "server"])
    expect(directory.user(ann)).toHaveLength(2)
    expect(directory.user(ben)).toBeUndefined()
    expect(directory.server(server)).toEqual(["mosaictcp://192.0.2.1/"])
    expect(directory.server(other)).toBeUndefined()
  })

  it("looks up again after an hour, sooner what was not found", async () => {
    const found = new Found()
    const { directory, lookups } = found
    await directory.prepare([ann, ben], [], signal)
    found.now = later(299)
    await directory.prepare([ann, ben], [], signal)
    expect(lookups).toHaveLength(2)
    found.now = later(301)
    await directory.prepare([ann, ben], [], signal)
    expect(lookups).toHaveLength(3)
    found.now = later(3_601)
    await directory.prepare([ann], [], signal)
    expect(lookups).toHaveLength(4)
    directory.forgetUser(ann)
    await directory.prepare([ann], [], signal)
    expect(lookups).toHaveLength(5)
  })

  it("keeps what it knows when it cannot look, and says so", async () => {
    const found = new Found()
    const { directory } = found
    await directory.prepare([ann], ["outbox"], signal)
    found.isDown = true
    found.now = later(3_601)
    expect(await directory.urlsOf(server, signal)).toEqual(["mosaictcp://192.0.2.1/"])
    await directory.prepare([ann], [], signal)
    expect(directory.user(ann)).toHaveLength(2)
    expect(found.failures).toHaveLength(2)
  })

  it("is stopped by its signal", async () => {
    const { directory } = new Found()
    await expect(directory.prepare([ann], [], AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough")
  })
})
