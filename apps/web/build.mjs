/** Builds the interface into apps/web/dist: index.html, app.js, app.css, icon.svg; fails when the JavaScript outgrows its budget. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const here = dirname(fileURLToPath(import.meta.url))
/** Bytes of gzipped JavaScript: more than this and the first screen is no longer quick on a modest machine. */
export const SCRIPT_BUDGET = 45 * 1024

/** Written beside and moved into place, so that a node which starts meanwhile never reads half a file. */
async function put(directory, name, bytes) {
  const partial = join(directory, `.${name}.${process.pid}`)
  await writeFile(partial, bytes)
  await rename(partial, join(directory, name))
}

/** Returns the sizes in bytes; throws when the script is over its budget. */
export async function buildInterface(directory = join(here, "dist")) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: { app: "src/main.tsx" },
    outdir: directory,
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: ["es2023", "chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
  })
  const script = outputFiles.find((file) => file.path.endsWith(".js"))
  const style = outputFiles.find((file) => file.path.endsWith(".css"))
  if (script === undefined || style === undefined) throw new Error("the bundle has no script or no style sheet")
  const gzipped = gzipSync(script.contents, { level: 9 }).length
  if (gzipped > SCRIPT_BUDGET) throw new Error(`app.js is ${gzipped} bytes gzipped; the budget is ${SCRIPT_BUDGET}`)

  await mkdir(directory, { recursive: true })
  await put(directory, "app.js", script.contents)
  await put(directory, "app.css", style.contents)
  for (const name of ["index.html", "icon.svg"]) await put(directory, name, await readFile(join(here, name)))
  return {
    script: script.contents.length,
    scriptGzipped: gzipped,
    style: style.contents.length,
    styleGzipped: gzipSync(style.contents).length,
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const sizes = await buildInterface()
  process.stdout.write(
    `interface built: app.js ${sizes.script} bytes (${sizes.scriptGzipped} gzipped), app.css ${sizes.style} (${sizes.styleGzipped} gzipped)\n`,
  )
}
