import { spawnSync } from "node:child_process"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { request } from "node:http"
import { expect, test } from "vitest"
import { Folder, startNode, tessera } from "./tessera.ts"

const PASSPHRASE = "plum orbit lantern meadow quartz"

interface Person {
  readonly folder: Folder
  readonly data: string
  readonly file: string
}

/** A folder with a passphrase file in it, and a name for a data folder that is not there yet. */
async function somebody(): Promise<Person & AsyncDisposable> {
  const folder = await Folder.make()
  return {
    folder,
    data: folder.join("data"),
    file: await folder.file("passphrase", `${PASSPHRASE}\n`),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

const asAda = (file: string) => ["--passphrase-file", file, "--name", "Ada Lovelace"]

/** The status that the page's address answers with when asked in this way. */
function statusOf(url: string, path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on("error", reject)
      .end()
  })
}

test("without a browser: set up, write, restart, read; the card stays the same", async () => {
  await using ada = await somebody()
  await using first = await startNode(ada.data, asAda(ada.file))
  const card = await tessera(["card", "--data", ada.data, "--json"])
  expect(JSON.parse(card.stdout)).toMatchObject({ displayName: "Ada Lovelace" })
  const written = await tessera(["note", "--data", ada.data, "--json", "-"], "Two lines\nof a note\n")
  expect(JSON.parse(written.stdout)).toMatchObject({ source: "Two lines\nof a note" })
  expect((await first.end()).code).toBe(0)

  await using second = await startNode(ada.data, ["--passphrase-file", ada.file])
  expect(second.url).not.toBe(first.url)
  const timeline = await tessera(["timeline", "--data", ada.data])
  expect(timeline.stdout).toContain("  Two lines\n  of a note\n")
  expect((await tessera(["card", "--data", ada.data, "--json"])).stdout).toBe(card.stdout)
})

test("the commands work on a folder on which nothing runs", async () => {
  await using ada = await somebody()
  const nobody = await tessera(["note", "--data", ada.data, "--passphrase-file", ada.file, "hello"])
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringMatching(/nobody is set up/)])
  await (await startNode(ada.data, asAda(ada.file))).end()
  expect((await tessera(["note", "--data", ada.data, "--passphrase-file", ada.file, "hello"])).code).toBe(0)
  expect((await tessera(["timeline", "--data", ada.data, "--passphrase-file", ada.file])).stdout).toContain("  hello\n")
  expect((await tessera(["card", "--data", ada.data])).stderr).toMatch(/no terminal to ask/)
})

test("the page's server: the address lets in; other hosts, other pages and callers without the token are kept out", async () => {
  await using ada = await somebody()
  await using node = await startNode(ada.data, asAda(ada.file))
  const { host, hash, hostname } = new URL(node.url)
  const authorization = `Bearer ${hash.slice(1)}`
  expect(hostname).toBe("127.0.0.1")
  expect(await statusOf(node.url, "/", {})).toBe(200)
  expect(await statusOf(node.url, "/api/me", { authorization })).toBe(200)
  expect(await statusOf(node.url, "/api/me", {})).toBe(401)
  expect(await statusOf(node.url, "/api/me", { authorization: "Bearer wrong" })).toBe(401)
  expect(await statusOf(node.url, "/api/me", { authorization, host: "attacker.example" })).toBe(403)
  expect(await statusOf(node.url, "/", { host: `attacker.example:${new URL(node.url).port}` })).toBe(403)
  expect(await statusOf(node.url, "/api/me", { authorization, origin: "http://attacker.example" })).toBe(403)
  expect(await statusOf(node.url, "/api/me", { authorization, origin: `http://${host}` })).toBe(200)
  const page = await fetch(node.url)
  expect(page.headers.get("cache-control")).toBe("no-store")
  expect(page.headers.get("content-security-policy")).toMatch(/default-src 'none'.*require-trusted-types-for 'script'/)
})

test("a wrong passphrase is refused clearly, and again at the same pace", async () => {
  await using ada = await somebody()
  await (await startNode(ada.data, asAda(ada.file))).end()
  const paces: number[] = []
  for (const wrong of ["x", "plum orbit lantern meadow quart", "Plum orbit lantern meadow quartz"]) {
    const node = await startNode(ada.data)
    const url = new URL(node.url)
    const begun = performance.now()
    const answer = await fetch(`${url.origin}/api/unlock`, {
      method: "POST",
      headers: { authorization: `Bearer ${url.hash.slice(1)}`, "content-type": "application/json" },
      body: JSON.stringify({ passphrase: wrong }),
    })
    paces.push(performance.now() - begun)
    expect(await answer.json()).toMatchObject({ error: { code: "wrongPassphrase", message: expect.stringMatching(/passphrase/i) } })
    await node.end()
  }
  for (const pace of paces) expect(pace).toBeGreaterThanOrEqual(990)
  const refused = await tessera([
    "start",
    "--data",
    ada.data,
    "--no-open",
    "--json",
    "--port",
    "0",
    "--passphrase-file",
    await ada.folder.file("wrong", "nonsense words\n"),
  ])
  expect([refused.code, JSON.parse(refused.stdout)]).toEqual([1, expect.objectContaining({ event: "error", code: "wrongPassphrase" })])
})

test("two nodes on one folder: the second says so and ends, and the first goes on", async () => {
  await using ada = await somebody()
  await using _first = await startNode(ada.data, asAda(ada.file))
  const second = await tessera(["start", "--data", ada.data, "--no-open", "--port", "0", "--json"])
  expect([second.code, second.stderr]).toEqual([1, expect.stringMatching(/already running on this folder/)])
  expect((await tessera(["timeline", "--data", ada.data])).code).toBe(0)
})

test("starting what runs already opens its page again, with the card that was given", async () => {
  await using ada = await somebody()
  await using first = await startNode(ada.data, asAda(ada.file))
  const opened = ada.folder.join("opened")
  await mkdir(ada.folder.join("bin"))
  await writeFile(ada.folder.join("bin", "xdg-open"), `#!/bin/sh\nprintf %s "$1" > ${opened}\n`, { mode: 0o755 })
  const env = { ...process.env, PATH: `${ada.folder.join("bin")}:${process.env["PATH"]}` }
  const again = spawnSync("./tessera", ["start", "--data", ada.data, "tessera:abc"], {
    cwd: new URL("../..", import.meta.url),
    encoding: "utf8",
    env,
  })
  expect([again.status, again.stderr]).toEqual([0, expect.stringMatching(/already running/)])
  await expect.poll(() => readFile(opened, "utf8").catch(() => "")).toBe(`${first.url}&card=tessera:abc`)
})

test("a folder of a newer version is refused untouched; a damaged vault gets a sentence", async () => {
  await using ada = await somebody()
  await (await startNode(ada.data, asAda(ada.file))).end()
  const vault = `${ada.data}/vault.json`
  const good = await readFile(vault, "utf8")
  const everything = async () =>
    Promise.all(
      (await readdir(ada.data))
        .toSorted()
        .filter((name) => name !== "lock")
        .map(async (name) => [name, (await readFile(`${ada.data}/${name}`)).toString("hex")]),
    )

  await writeFile(vault, good.replace(/"version":\s*\d+/, '"version": 99'))
  const before = await everything()
  const newer = await tessera(["start", "--data", ada.data, "--no-open", "--port", "0", "--passphrase-file", ada.file])
  expect([newer.code, newer.stderr]).toEqual([1, expect.stringMatching(/newer/i)])
  expect(await everything()).toEqual(before)

  await writeFile(vault, good.slice(0, good.length / 2))
  const damaged = await tessera(["start", "--data", ada.data, "--no-open", "--port", "0", "--passphrase-file", ada.file])
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringMatching(/vault/i)])
  await writeFile(vault, good)
  expect((await tessera(["timeline", "--data", ada.data, "--passphrase-file", ada.file])).code).toBe(0)
})

test("killed at once after a note was acknowledged, it is there", async () => {
  await using ada = await somebody()
  for (let round = 0; round < 3; round += 1) {
    await using node = await startNode(ada.data, asAda(ada.file))
    const url = new URL(node.url)
    const headers = { authorization: `Bearer ${url.hash.slice(1)}`, "content-type": "application/json" }
    const answer = await fetch(`${url.origin}/api/notes`, { method: "POST", headers, body: JSON.stringify({ text: `round ${round}` }) })
    expect(answer.status).toBe(201)
    await node.end("SIGKILL")
  }
  const { stdout } = await tessera(["timeline", "--data", ada.data, "--passphrase-file", ada.file])
  expect(stdout.match(/round \d/g)).toEqual(["round 2", "round 1", "round 0"])
})

test("wrong words give exit code 2 and a pointer to the help", async () => {
  await using ada = await somebody()
  const cases = [
    ["start", "--nonsense"],
    ["start", "extra"],
    ["start", "--data", ada.data, "--port", "seven"],
    ["start", "--data", ada.data, "--name", "Ada"],
    ["start", "--data", ada.data, "--door", "nowhere", "--passphrase-file", ada.file],
    ["card", "extra"],
    ["note", "--data", ada.data],
    ["timeline", "--data", ada.data, "--limit", "1000"],
    ["nonsense"],
  ]
  for (const words of cases) {
    const result = await tessera(words)
    expect([words.join(" "), result.code]).toEqual([words.join(" "), 2])
    expect(result.stderr).toMatch(/--help/)
  }
  for (const name of ["start", "serve", "card", "follow", "note", "timeline", "record", "key"]) {
    const help = spawnSync("./tessera", [name, "--help"], { cwd: new URL("../..", import.meta.url), encoding: "utf8" })
    expect([help.status, help.stdout]).toEqual([0, expect.stringMatching(new RegExp(`^tessera ${name}`))])
  }
})
