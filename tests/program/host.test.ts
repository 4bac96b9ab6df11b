import { stat, writeFile } from "node:fs/promises"
import { randomBytes } from "node:crypto"
import { setTimeout as delay } from "node:timers/promises"
import {
  MICROBLOG_ROOT,
  type SecretKey,
  SERVICE,
  type VerifiedRecord,
  buildAdmission,
  buildRecord,
  formatReference,
  formatUserKey,
  nonceFromBytes,
  notifyTag,
  parseSecretKey,
  parseServerKey,
  publicKeyOf,
  readService,
  resultName,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { type MosaicConnection, connect } from "@tessera/mosaic-client"
import { dialTcp } from "@tessera/mosaic-client/tcp"
import { expect, test } from "vitest"
import { CommandError } from "../../apps/cli/src/command.ts"
import { controlPathOf } from "../../apps/cli/src/control-path.ts"
import { askHost } from "../../apps/cli/src/host/host-socket.ts"
import { Folder, RunningTessera, tessera } from "./tessera.ts"

const signal = AbortSignal.timeout(120_000)
const [ann, bob, cleo] = [1, 2, 3].map((seed) => parseSecretKey(new Uint8Array(32).fill(seed))) as [SecretKey, SecretKey, SecretKey]
const nameOf = (secret: SecretKey): string => formatUserKey(publicKeyOf(secret))
const now = () => timestampFromUnixMillis(Date.now())

function note(author: SecretKey, to?: SecretKey): VerifiedRecord {
  const tags = to === undefined ? [] : [notifyTag(publicKeyOf(to))]
  const nonce = nonceFromBytes(randomBytes(8))
  return buildRecord({ author: publicKeyOf(author), signer: author, kind: MICROBLOG_ROOT, nonce, timestamp: now(), tags })
}

class Host implements AsyncDisposable {
  readonly folder: Folder
  readonly server: RunningTessera

  constructor(folder: Folder, server: RunningTessera) {
    this.folder = folder
    this.server = server
  }

  static async start(words: readonly string[], folder?: Folder): Promise<Host> {
    const place = folder ?? (await Folder.make())
    const all = ["serve", "--data", place.path, "--listen", "mosaictcp://127.0.0.1:0", "--json", ...words]
    return new Host(place, await RunningTessera.start(all))
  }

  /** What `tessera host …` prints: JSON values, or the sentence of a refusal. */
  async manage(...words: readonly string[]): Promise<unknown> {
    const { code, stdout, stderr } = await tessera(["host", ...words, "--data", this.folder.path, "--json"])
    if (code !== 0) return `${code}: ${stderr.trim().split("\n")[0]}`
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown)
  }

  /** The same without a process of its own, which would make the tests slow. */
  async ask<T>(action: string, request: Readonly<Record<string, unknown>> = {}): Promise<T | string> {
    try {
      return await askHost<T>(controlPathOf(this.folder.path, "host"), action, request)
    } catch (error) {
      if (error instanceof CommandError) return error.message
      throw error
    }
  }

  async connect(as?: SecretKey): Promise<MosaicConnection> {
    const { hostname, port } = new URL((this.server.ready["urls"] as string[])[0] ?? "")
    const serverKey = parseServerKey(String(this.server.ready["serverKey"]))
    const channel = await dialTcp({ host: hostname, port: Number(port), serverKey, signal, ...(as === undefined ? {} : { clientKey: as }) })
    return connect(channel, { signal })
  }

  async submit(record: VerifiedRecord, as?: SecretKey): Promise<string> {
    await using connection = await this.connect(as)
    return resultName((await connection.submit(record, { signal })).code)
  }

  async apply(who: SecretKey, way: "request" | "invite", text: string): Promise<string> {
    const server = parseServerKey(String(this.server.ready["serverKey"]))
    return this.submit(buildAdmission({ master: who, server, way, text, timestamp: now() }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]()
    await this.folder[Symbol.asyncDispose]()
  }
}

test("an owner admits people by yes and by code, and it stays when the server is killed", async () => {
  const first = await Host.start(["--admission", "request"])
  expect(await first.apply(ann, "request", "Ann \u001b[31m from the choir")).toBe("ACCEPTED")
  expect(await first.submit(note(ann))).toBe("UNAUTHORIZED")
  expect(await first.manage("requests", "list")).toMatchObject([{ key: nameOf(ann), text: "Ann \u001b[31m from the choir" }])
  const plain = await tessera(["host", "requests", "list", "--data", first.folder.path])
  expect(plain.stdout).toContain("\\u001b[31m")
  expect(await first.ask("requests/accept", { key: nameOf(ann) })).toEqual({ accepted: true })
  expect(await first.apply(ann, "request", "")).toBe("SUCCESS")
  const invites = (await first.manage("invites", "new", "--for", "1h")) as { code: string }[]
  const [{ code }] = invites as [{ code: string }]
  expect([await first.apply(bob, "invite", code), await first.apply(cleo, "invite", code)]).toEqual(["SUCCESS", "UNAUTHORIZED"])
  for (const file of ["host.json", "host.sock"]) expect((await stat(first.folder.join(file))).mode & 0o777).toBe(0o600)
  await first.server.end("SIGKILL")
  expect(await first.manage("members", "list")).toBe("1: tessera host: no server runs on this folder. Start it with `tessera serve`.")

  await using second = await Host.start(["--admission", "closed"], first.folder)
  expect([await second.submit(note(ann)), await second.submit(note(bob)), await second.submit(note(cleo))]).toEqual([
    "ACCEPTED",
    "ACCEPTED",
    "UNAUTHORIZED",
  ])
  expect(await second.ask("members/remove", { key: nameOf(bob) })).toEqual({ removed: true })
  expect(await second.submit(note(bob))).toBe("UNAUTHORIZED")
  expect(await second.ask("members/remove", { key: nameOf(bob) })).toBe("there is no such member.")
})

test("a ban ends open connections at once, and lasts over a restart", async () => {
  await using host = await Host.start(["--member", nameOf(ann)])
  await using connection = await host.connect(ann)
  expect(resultName((await connection.submit(note(ann), { signal })).code)).toBe("ACCEPTED")
  expect(await host.manage("bans", "add", nameOf(ann), "--for", "7d")).toMatchObject([{ subject: nameOf(ann) }])
  await expect(connection.submit(note(ann), { signal })).rejects.toThrow()
  expect(await host.submit(note(ann), bob)).toBe("PUBKEY_TEMP_BANNED")
  expect(await host.ask("bans/add", { subject: "192.0.2.0/24" })).toEqual({ subject: "192.0.2.0/24", until: null })
  expect(await host.ask("bans/add", { subject: "somebody" })).toMatch(/neither a key/)
  await host.server.end("SIGKILL")
  await using again = await Host.start(["--member", nameOf(ann)], host.folder)
  expect(await again.submit(note(ann))).toBe("PUBKEY_TEMP_BANNED")
  await again.ask("bans/remove", { subject: nameOf(ann) })
  expect([await again.submit(note(ann)), await again.ask("bans/list")]).toMatchObject(["ACCEPTED", [{ subject: "192.0.2.0/24" }]])
})

test("what strangers bring waits, over a restart too, and reaches who listens when it is approved", async () => {
  const words = ["--member", nameOf(ann), "--moderate"]
  const first = await Host.start(words)
  const [good, bad] = [note(bob, ann), note(bob, ann)]
  expect([await first.submit(good), await first.submit(bad)]).toEqual(["ACCEPTED", "ACCEPTED"])
  await first.server.end("SIGKILL")

  await using second = await Host.start(words, first.folder)
  await using connection = await second.connect()
  const found = connection.subscribe({ authors: [publicKeyOf(bob)] }, { signal })[Symbol.asyncIterator]()
  const held = (await second.manage("held", "list")) as { id: string }[]
  expect(held.map(({ id }) => id).toSorted()).toEqual([good, bad].map(({ id }) => formatReference(id)).toSorted())
  expect(await second.manage("held", "approve", formatReference(good.id))).toEqual([{ approved: true }])
  for (;;) {
    const { value } = (await found.next()) as { value: { type?: string; record?: VerifiedRecord } }
    if (value.record === undefined) continue
    expect(value.record.id).toEqual(good.id)
    break
  }
  expect(await second.ask("held/reject", { id: formatReference(bad.id) })).toEqual({ rejected: true })
  expect([await second.ask("held/list"), await second.submit(bad)]).toEqual([[], "DUPLICATE"])
})

test("the member file is followed while the server runs, the service URL is told, and sizes and rates are options", async () => {
  const folder = await Folder.make()
  const file = await folder.file("members", `# the choir\n${nameOf(ann)}  Ann\n\n`)
  const words = [
    "--member-file",
    file,
    "--service-url",
    "https://example.net/join",
    "--max-record",
    "300",
    "--rate",
    "address.submission=6/1",
  ]
  await using host = await Host.start(words, folder)
  const large = buildRecord({
    author: publicKeyOf(ann),
    signer: ann,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromBytes(randomBytes(8)),
    timestamp: now(),
    payload: new Uint8Array(200),
  })
  expect([await host.submit(note(ann)), await host.submit(large), await host.submit(note(bob))]).toEqual([
    "ACCEPTED",
    "TOO_LARGE",
    "UNAUTHORIZED",
  ])
  await using connection = await host.connect()
  const [service] = await Array.fromAsync(
    connection.query({ kinds: [SERVICE], authors: [parseServerKey(String(host.server.ready["serverKey"]))] }, { signal }),
  )
  expect(service === undefined ? undefined : readService(service as VerifiedRecord)).toBe("https://example.net/join")
  await writeFile(file, `nonsense\n`)
  await delay(700)
  await writeFile(file, `${nameOf(bob)}\n`)
  const members = async (): Promise<string> => JSON.stringify(await host.ask("members/list"))
  while (!(await members()).includes(nameOf(bob))) await delay(100)
  expect([await host.submit(note(ann)), await host.submit(note(bob))]).toEqual(["UNAUTHORIZED", "ACCEPTED"])
  const more = await Promise.all(Array.from({ length: 6 }, () => host.submit(note(bob))))
  expect(more).toContain("TOO_FAST")
  expect(await host.ask("members/remove", { key: nameOf(bob) })).toMatch(/member file/)
  for (const wrong of [
    ["members", "add"],
    ["bans", "add", "192.0.2.1", "--for", "ever"],
  ])
    expect(await host.manage(...wrong)).toMatch(/^2: /)
  expect((await host.server.end()).stderr).toMatch(/line 1 of .*members is no person's key/)
})
