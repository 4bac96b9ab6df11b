import { enableCompileCache } from "node:module"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { forbidOnionLookups } from "@tessera/node/onion-lookup-guard"
import { type Command, CommandError, UsageError } from "./command.ts"
import { commandNames, loadCommand, overview } from "./commands.ts"
import { type Output, processOutput } from "./output.ts"
import { VERSION } from "./version.ts"

/**
 * The command line: `tessera COMMAND …`.
 * Exit codes: 0 done; 1 refused, invalid or failed; 2 wrong usage.
 */
async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words
  const output = processOutput(rest.includes("--json"))
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    output.line(rest[0] !== undefined && commandNames.includes(rest[0]) ? (await loadCommand(rest[0])).help : overview)
    return 0
  }
  if (name === "--version" || name === "version") {
    output.line(VERSION)
    return 0
  }
  if (!commandNames.includes(name)) {
    output.say(`tessera: there is no command "${name}". \`tessera --help\` lists them.`)
    return 2
  }
  return await runCommand(name, await loadCommand(name), rest, output)
}

async function runCommand(name: string, command: Command, words: readonly string[], output: Output): Promise<number> {
  try {
    const options = { ...command.options, help: { type: "boolean", short: "h" }, json: { type: "boolean" } } as const
    const parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
    if (parsed.values.help === true) {
      output.line(command.help)
      return 0
    }
    return await command.run({ options: parsed.values, words: parsed.positionals, output, signal: endSignal() })
  } catch (error) {
    return report(name, error, output)
  }
}

function report(name: string, error: unknown, output: Output): number {
  if (error instanceof UsageError || isArgumentError(error)) {
    output.say(`tessera ${name}: ${error.message}\n\`tessera ${name} --help\` says how it is used.`)
    return 2
  }
  if (error instanceof CommandError) {
    if (output.json) output.value({ event: "error", code: error.code, message: error.message })
    output.say(`tessera ${name}: ${error.message}`)
    return 1
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  if (output.json) output.value({ event: "error", code: "internal", message: "Something went wrong inside Tessera." })
  output.say(`tessera ${name}: something went wrong inside Tessera. Please report this:\n${text}`)
  return 1
}

function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")
}

/** Aborts at the first request to end; a second one ends the process at once. */
function endSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(1)
      controller.abort()
    })
  }
  return controller.signal
}

// What the sources compile to is kept beside the dependencies: a later start does not compile again. Nothing of a person is in it.
enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/tessera", import.meta.url)))
// Whom somebody wants to reach by Tor is nobody else's business, whatever a part of the program forgets.
forbidOnionLookups()
process.exitCode = await main(process.argv.slice(2))
