import { spawn } from "node:child_process"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import {
  MICROBLOG_ROOT,
  buildRecord,
  encodeUtf8,
  formatServerKey,
  formatUserKey,
  nonceFromTimestamp,
  parseSecretKey,
  publicKeyOf,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { createServer, openMemoryBlobs, openMemoryStore, rolesPolicy } from "@tessera/mosaic-server"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { afterAll, beforeAll, expect, test } from "vitest"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** Inside the project, so that the examples find its packages; not kept. */
const folder = join(root, "dist/readme-examples")
const PACKAGES = ["mosaic", "mosaic-server", "mosaic-client", "mosaic-conformance"]

interface Example {
  readonly name: string
  readonly path: string
}

/** A server for the examples that need one, with a note on it. */
async function startServer(stack: AsyncDisposableStack): Promise<{ readonly user: string; readonly key: string; readonly port: number }> {
  const now = () => timestampFromUnixMillis(Date.now())
  const secretKey = parseSecretKey(new Uint8Array(32).fill(42))
  const store = stack.use(openMemoryStore({ now }))
  const policy = rolesPolicy({ roles: new Set(["outbox", "inbox", "encryption"]), members: "everybody" })
  const server = stack.use(createServer({ store, blobs: stack.use(openMemoryBlobs()), serverKey: publicKeyOf(secretKey), policy, now }))
  const listener = await listenTcp({ server, secretKey, host: "127.0.0.1", port: 0 })
  stack.defer(() => listener.close())
  const timestamp = now()
  const note = { author: publicKeyOf(secretKey), signer: secretKey, kind: MICROBLOG_ROOT, nonce: nonceFromTimestamp(timestamp), timestamp }
  await store.put([buildRecord({ ...note, payload: encodeUtf8("Good morning") })])
  return { user: formatUserKey(note.author), key: formatServerKey(note.author), port: listener.port }
}

const stack = new AsyncDisposableStack()
const examples: Example[] = []

beforeAll(async () => {
  const { user, key, port } = await startServer(stack)
  await mkdir(folder, { recursive: true })
  for (const name of PACKAGES) {
    const text = await readFile(join(root, "packages", name, "README.md"), "utf8")
    for (const [index, [, code = ""]] of [...text.matchAll(/```ts\n(.*?)```/gs)].entries()) {
      const path = join(folder, `${name}-${index + 1}.ts`)
      // What an example cannot know: whom it talks to.
      const program = code.replaceAll("mopub0…", user).replaceAll("mosrv0…", key).replaceAll("1320", String(port))
      await writeFile(path, `export {}\n${program}`)
      examples.push({ name: `${name} ${index + 1}`, path })
    }
  }
})

afterAll(async () => {
  await stack.disposeAsync()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a program until it ends, or, when it goes on like a server, until it has said something. */
function run(command: string, words: readonly string[], goesOn = true): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, words, { cwd: root, timeout: 50_000 })
  let [stdout, stderr] = ["", ""]
  let timer: NodeJS.Timeout | undefined
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString()
    if (goesOn) timer ??= setTimeout(() => child.kill(), 3_000)
  })
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve) =>
    child.on("close", (code, signal) => {
      clearTimeout(timer)
      resolve({ code: signal === "SIGTERM" ? 0 : code, stdout, stderr })
    }),
  )
}

test("every example of the libraries' READMEs runs, and says something", async () => {
  expect(examples.length).toBeGreaterThanOrEqual(PACKAGES.length)
  const runs = await Promise.all(examples.map(async ({ name, path }) => ({ name, ...(await run(process.execPath, [path])) })))
  for (const { name, code, stdout, stderr } of runs) {
    expect([name, code, stderr]).toEqual([name, 0, ""])
    expect(stdout, name).not.toBe("")
  }
})

test("every example has the types that it should", async () => {
  const config = join(folder, "tsconfig.json")
  await writeFile(config, JSON.stringify({ extends: join(root, "tsconfig.test.json"), include: ["*.ts"] }))
  const { code, stdout } = await run(process.execPath, [join(root, "node_modules/typescript-7/bin/tsc"), "-p", config], false)
  expect([code, stdout]).toEqual([0, ""])
})

test("every entry of the libraries is named in their READMEs", async () => {
  for (const name of PACKAGES) {
    const { exports } = JSON.parse(await readFile(join(root, "packages", name, "package.json"), "utf8")) as { exports: object }
    const text = await readFile(join(root, "packages", name, "README.md"), "utf8")
    for (const entry of Object.keys(exports)) expect(text, entry).toContain(`\`@tessera/${name}${entry.slice(1)}\``)
  }
})
