import { decodeUtf8 } from "../bytes.ts"
import { DecodeError, VerifyError } from "../errors.ts"
import { parseServerKey } from "../human.ts"
import { MAX_BOOTSTRAP_LENGTH } from "../message/dht.ts"
import { parseMosaicUrl } from "../url/mosaic-url.ts"
import { type Bootstrap, type BootstrapServer, SERVER_USAGE } from "./bootstrap.ts"

/** What is wrong with a bootstrap that can be used nevertheless. */
export interface BootstrapFault {
  /** Counted from 1; 0 when it is of no single line. */
  readonly line: number
  readonly reason: string
}

/** What a lenient reading finds. */
export interface ReadBootstrap {
  readonly bootstrap: Bootstrap
  readonly faults: readonly BootstrapFault[]
}

/**
 * Reads a bootstrap as clients do: a line that cannot be read is left out and reported, the others count. A scheme or a usage of a later version, or an
 * address with a slip, must not cut a person off.
 *
 * @throws {DecodeError} `bootstrap length` above 983 bytes, `UTF-8`, or `bootstrap kind` when the first line is neither `S` nor `U`.
 * @see Specification: bootstrap
 */
export function readBootstrap(text: Uint8Array): ReadBootstrap {
  if (text.length > MAX_BOOTSTRAP_LENGTH) throw new DecodeError("bootstrap length", MAX_BOOTSTRAP_LENGTH)
  const [first, ...lines] = decodeUtf8(text).split("\n")
  const faults: BootstrapFault[] = []
  if (first === "S") {
    const urls = readLines(lines, parseMosaicUrl, faults)
    return { bootstrap: { type: "server", urls }, faults }
  }
  if (first !== "U") throw new DecodeError("bootstrap kind")
  const servers = readLines(lines, parseServerLine, faults)
  for (const role of ["outbox", "inbox"] as const) {
    if (!servers.some(({ usage }) => (usage & SERVER_USAGE[role]) !== 0)) faults.push({ line: 0, reason: `no ${role}` })
  }
  return { bootstrap: { type: "user", servers }, faults }
}

/**
 * Reads a bootstrap that keeps every rule, as those who sign or store one for others ask for. Throws as {@link readBootstrap}, and:
 *
 * @throws {DecodeError} `bootstrap line` for the first line that cannot be read, `no outbox`, `no inbox`.
 */
export function parseBootstrap(text: Uint8Array): Bootstrap {
  const { bootstrap, faults } = readBootstrap(text)
  const [fault] = faults
  if (fault !== undefined) throw new DecodeError(fault.line === 0 ? fault.reason : `bootstrap line ${fault.line}: ${fault.reason}`)
  return bootstrap
}

const USAGE_CHARACTERS = "1234567"

function parseServerLine(line: string): BootstrapServer {
  const usage = USAGE_CHARACTERS.indexOf(line.charAt(0)) + 1
  if (usage === 0) throw new DecodeError("usage character")
  if (line.charAt(1) !== " ") throw new DecodeError("space", 1)
  return { usage, serverKey: parseServerKey(line.slice(2)) }
}

function readLines<Entry>(lines: readonly string[], parse: (line: string) => Entry, faults: BootstrapFault[]): Entry[] {
  const entries: Entry[] = []
  for (const [index, line] of lines.entries()) {
    try {
      entries.push(parse(line))
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof VerifyError)) throw error
      faults.push({ line: index + 2, reason: error.reason })
    }
  }
  return entries
}
