import { expect, test } from "vitest"
import type { Note, NodeEvent } from "../api/contract.ts"
import { EventHub } from "../events.ts"
import { createAnnouncer } from "./announcer.ts"

test("what changes after a change of nothing is told as well", async () => {
  const events = new EventHub<NodeEvent>()
  const told: string[] = []
  events.subscribe((event) => {
    if (event.type === "note") told.push(event.note.address)
  })
  const present = async (addresses: readonly Uint8Array[]) => addresses.map((address) => ({ address: String(address[0]) }) as Note)
  const announcer = createAnnouncer({ events, present, onFailure: (error) => told.push(String(error)) })
  announcer.changed([])
  announcer.changed([Uint8Array.of(1)])
  await expect.poll(() => told).toEqual(["1"])
  announcer.changed([Uint8Array.of(2), Uint8Array.of(3)])
  await expect.poll(() => told).toEqual(["1", "2", "3"])
  await announcer[Symbol.asyncDispose]()
})
