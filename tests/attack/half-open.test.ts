import { spawn, spawnSync } from "node:child_process"
import { setTimeout as delay } from "node:timers/promises"
import type { TLSSocket } from "node:tls"
import { encodeMessage } from "@tessera/mosaic"
import { expect, test } from "vitest"
import { author, note } from "../program/note.ts"
import { PATIENCE, answersOn, hello, Victim } from "./victim.ts"

const LIMIT_MS = 1_500
const limits = { helloMs: LIMIT_MS, frameMs: LIMIT_MS, idleMs: LIMIT_MS, writeMs: LIMIT_MS }
const subscribe = (queryId: number): Uint8Array => encodeMessage({ type: "subscribe", queryId, limit: 0, filter: { authors: [author] } })

/** Connections of a process of its own, which can be stopped: its system still takes what comes, until its buffers are full. */
const PEERS = `
  const { connect } = require("node:tls")
  const [port, count, bytes] = process.argv.slice(1)
  let ready = 0
  for (let index = 0; index < Number(count); index += 1) {
    const socket = connect({ port: Number(port), host: process.env.HOST ?? "127.0.0.1", rejectUnauthorized: false }, () => socket.write(Buffer.from(bytes, "hex")))
    socket.on("error", () => {})
    socket.once("data", () => { ready += 1; if (ready === Number(count)) process.stdout.write("ready") })
  }
`

interface Peers extends Disposable {
  readonly pid: number
}

async function startPeers(
  port: number,
  count: number,
  bytes: Uint8Array,
  prefix: readonly string[] = [],
  host = "127.0.0.1",
): Promise<Peers> {
  const [command, ...words] = [...prefix, process.execPath, "-e", PEERS, String(port), String(count), Buffer.from(bytes).toString("hex")]
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, HOST: host } })
  await new Promise((resolve) => child.stdout.once("data", resolve))
  return { pid: child.pid ?? 0, [Symbol.dispose]: () => void child.kill("SIGKILL") }
}

/** Waits until a server has few connections left, as the system counts them. */
async function leftOf(victim: Victim, most: number, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds
  for (;;) {
    const left = victim.connections
    if (left <= most || performance.now() > end) return left
    await delay(100)
  }
}

/** Brings the server more than any system's buffers take for one connection that has subscribed. */
async function writeMuch(writer: TLSSocket): Promise<void> {
  const next = answersOn(writer)
  writer.write(hello)
  await next()
  for (let each = 0; each < 16; each += 1) {
    writer.write(encodeMessage({ type: "submission", record: note(new Uint8Array(900_000)).bytes }))
    await next()
  }
}

test("peers that are stopped lose their connections: the silent in time, the subscribed when they take nothing any more", async () => {
  await using victim = await Victim.start({ limits })
  using silent = await startPeers(victim.port, 150, hello)
  using subscribed = await startPeers(victim.port, 150, Buffer.concat([hello, subscribe(1)]))
  for (const { pid } of [silent, subscribed]) process.kill(pid, "SIGSTOP")
  expect(victim.connections).toBeGreaterThanOrEqual(300)
  await writeMuch(await victim.dial(2))
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  expect(victim.memory).toBeLessThan(700)
  expect(await leftOf(victim, 5, 12_000)).toBeLessThanOrEqual(5)
})

const canMakeNetworks = process.getuid?.() === 0 && spawnSync("ip", ["netns", "list"]).status === 0

test.skipIf(!canMakeNetworks)("peers whose network is gone, without a word, lose their connections in time", async () => {
  const name = `tessera-${process.pid}`
  const net = (process.pid % 200) + 20
  const ip = (...words: readonly string[]): void => {
    const { status, stderr } = spawnSync("ip", words)
    if (status !== 0) throw new Error(String(stderr))
  }
  using _ = { [Symbol.dispose]: () => void spawnSync("ip", ["netns", "del", name]) }
  ip("netns", "add", name)
  ip("link", "add", `ta${net}`, "type", "veth", "peer", "name", `tb${net}`, "netns", name)
  ip("addr", "add", `10.213.${net}.1/30`, "dev", `ta${net}`)
  ip("link", "set", `ta${net}`, "up")
  ip("-n", name, "addr", "add", `10.213.${net}.2/30`, "dev", `tb${net}`)
  ip("-n", name, "link", "set", `tb${net}`, "up")
  await using victim = await Victim.start({ limits, host: `10.213.${net}.1` })
  using _peers = await startPeers(victim.port, 100, hello, ["ip", "netns", "exec", name], `10.213.${net}.1`)
  using _readers = await startPeers(
    victim.port,
    100,
    Buffer.concat([hello, subscribe(1)]),
    ["ip", "netns", "exec", name],
    `10.213.${net}.1`,
  )
  expect(victim.connections).toBeGreaterThanOrEqual(200)
  ip("-n", name, "link", "set", `tb${net}`, "down")
  await writeMuch(await victim.dial())
  expect(await victim.waitOfOthers()).toBeLessThan(PATIENCE)
  expect(await leftOf(victim, 5, 12_000)).toBeLessThanOrEqual(5)
})
