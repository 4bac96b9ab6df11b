import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { build } from "esbuild"
import { afterAll, beforeAll, expect, test } from "vitest"

const run = promisify(execFile)
const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** A stranger's project, far from this repository: only what is packed can be found in it. */
let project = ""

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const manifests: Manifest[] = []

async function install(tarball: string): Promise<void> {
  const name = tarball.replace(/^tessera-(.*)-\d+\.\d+\.\d+\.tgz$/, "$1")
  const folder = join(project, "node_modules/@tessera", name)
  await mkdir(folder, { recursive: true })
  await run("tar", ["-xzf", join(project, tarball), "--strip-components=1", "-C", folder])
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest
  manifests.push(manifest)
  // As npm would lay them out, without asking a registry.
  for (const dependency of Object.keys(manifest.dependencies ?? {}).filter((each) => !each.startsWith("@tessera/"))) {
    const place = join(project, "node_modules", dependency)
    await mkdir(dirname(place), { recursive: true })
    await symlink(join(root, "node_modules", dependency), place).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error
    })
  }
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "mosaic-project-"))
  await run(process.execPath, [join(root, "scripts/packages.mjs"), project])
  for (const name of await readdir(project)) if (name.endsWith(".tgz")) await install(name)
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module", private: true }))
})

afterAll(() => rm(project, { recursive: true, force: true }))

/** Every entry of every package that needs no test runner, as others write it. */
function entries(): string[] {
  return manifests.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((entry) => !entry.endsWith("-contract"))
      .map((entry) => `${name}${entry.slice(1)}`),
  )
}

test("what is packed runs in plain Node: every entry is found, and records are kept in a file", async () => {
  expect(manifests).toHaveLength(4)
  const program = join(project, "program.js")
  const imports = entries().map((entry) => `if (Object.keys(await import(${JSON.stringify(entry)})).length === 0) throw new Error("empty")`)
  await writeFile(
    program,
    `${imports.join("\n")}
    import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
    import { timestampFromUnixMillis } from "@tessera/mosaic"
    const now = () => timestampFromUnixMillis(Date.now())
    const store = await openSqliteStore({ path: "records.db", key: new Uint8Array(32).fill(1), now })
    await store[Symbol.asyncDispose]()
    console.log("kept")`,
  )
  expect((await run(process.execPath, [program], { cwd: project })).stdout).toBe("kept\n")
})

test("what is packed carries types that a strict project accepts, with an older standard library too", async () => {
  const lines = entries().map((entry, index) => `export * as entry${index} from ${JSON.stringify(entry)}`)
  const use = `import { parseUserKey } from "@tessera/mosaic"\n// @ts-expect-error: a key is no number.\nparseUserKey(7)\n`
  await writeFile(join(project, "types.ts"), `${use}${lines.join("\n")}\n`)
  const typeRoots = [join(root, "node_modules/@types")]
  for (const lib of [["ES2022", "DOM"], ["ESNext"]]) {
    const compilerOptions = {
      target: "ES2022",
      module: "NodeNext",
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      lib,
      types: ["node"],
      typeRoots,
    }
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["types.ts"] }))
    const compiler = join(root, "node_modules/typescript-7/bin/tsc")
    const { stdout } = await run(process.execPath, [compiler, "-p", project]).catch((error: { stdout: string }) => error)
    expect(stdout).toBe("")
  }
})

test("a bundler makes a page's program of the core and the client, without anything of Node", async () => {
  const page = `
    export { parseRecord } from "@tessera/mosaic"
    export { MosaicClient, connect } from "@tessera/mosaic-client"
    export { dialBrowser } from "@tessera/mosaic-client/browser"`
  const options = { bundle: true, minify: true, write: false, platform: "browser", format: "esm" } as const
  const result = await build({ ...options, stdin: { contents: page, resolveDir: project }, logLevel: "silent" })
  expect(result.warnings).toEqual([])
  expect(result.outputFiles[0]?.text.length).toBeLessThan(400_000)
})

test("tests of this repository are not packed", async () => {
  for (const { name } of manifests) {
    const files = await readdir(join(project, "node_modules", name), { recursive: true })
    expect(files.filter((file) => /\.test|test-suite|crash|(?<!\.d)\.ts$/.test(file))).toEqual([])
    expect(files).toContain("README.md")
    expect(files).toContain("LICENSE")
  }
})
