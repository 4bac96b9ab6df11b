/**
 * `npm run packages`: the libraries as others install them, JavaScript with types, packed into dist/packages/*.tgz (or the folder that is named).
 * In this repository their sources are run as they are; below node_modules Node strips no types, so what is handed out is compiled.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { ensureDependencies, findNode, root, runStep, say } from "./setup.mjs"

const LIBRARIES = ["mosaic", "mosaic-server", "mosaic-client", "mosaic-conformance"]
const node = findNode()
const compiler = join(root, "node_modules/typescript-7/bin/tsc")
const npm = process.platform === "win32" ? "npm.cmd" : "npm"

/** `./src/a.ts` is `./dist/a.js` with `./dist/a.d.ts`, once it is compiled. */
function compiledEntry(source) {
  const path = source.replace("./src/", "./dist/").replace(/\.ts$/, "")
  return { types: `${path}.d.ts`, default: `${path}.js` }
}

function manifestOf(source) {
  const { devDependencies: _, exports, ...rest } = source
  const compiled = Object.fromEntries(Object.entries(exports).map(([name, path]) => [name, compiledEntry(path)]))
  return { ...rest, engines: { node: ">=24" }, files: ["dist"], exports: compiled }
}

/**
 * The compiler leaves what declarations import as it was written: names of sources, which are not there. Who compiles for an older
 * standard library does not know `AsyncDisposable` by itself.
 */
function rewriteDeclarations(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith(".d.ts")) continue
    const path = join(entry.parentPath, entry.name)
    const text = readFileSync(path, "utf8")
    const rewritten = text.replaceAll(/((?:from|import) ?\(?")(\.{1,2}\/[^"]+)\.ts"/g, '$1$2.js"')
    writeFileSync(
      path,
      /\b(Async)?Disposable\b|asyncDispose|Symbol\.dispose/.test(text)
        ? `/// <reference lib="esnext.disposable" />\n${rewritten}`
        : rewritten,
    )
  }
}

/** What tests of this repository need of a library, and nobody else. */
function removeTestSupport(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (/\.test-suite\.|^crash-/.test(entry.name)) rmSync(join(entry.parentPath, entry.name))
  }
}

function pack(name, building, destination) {
  const source = join(root, "packages", name)
  const folder = join(building, name)
  const output = join(folder, "dist")
  mkdirSync(folder)
  const options = ["--composite", "false", "--incremental", "false", "--tsBuildInfoFile", "null", "--noCheck"]
  const emitted = ["--emitDeclarationOnly", "false", "--rewriteRelativeImportExtensions", "--outDir", output]
  runStep(node, [compiler, "-p", source, ...options, ...emitted])
  rewriteDeclarations(output)
  removeTestSupport(output)
  const manifest = manifestOf(JSON.parse(readFileSync(join(source, "package.json"), "utf8")))
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const file of ["README.md", "LICENSE"]) cpSync(join(source, file), join(folder, file))
  runStep(npm, ["pack", "--loglevel=error", "--pack-destination", destination], { cwd: folder, shell: process.platform === "win32" })
}

ensureDependencies()
const destination = resolve(process.argv[2] ?? join(root, "dist/packages"))
mkdirSync(destination, { recursive: true })
const building = mkdtempSync(join(tmpdir(), "mosaic-packages-"))
try {
  // Each is compiled against the declarations of those it needs.
  runStep(node, [compiler, "-b", ...LIBRARIES.map((name) => join(root, "packages", name))], {
    env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` },
  })
  for (const name of LIBRARIES) pack(name, building, destination)
} finally {
  rmSync(building, { recursive: true, force: true })
}
say(`Packed. In a project of yours: npm install ${join(destination, "*.tgz")}`)
