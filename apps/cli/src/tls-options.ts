import { readFile } from "node:fs/promises"
import { isIP } from "node:net"
import { domainToASCII } from "node:url"
import type { ParseArgsOptionsConfig } from "node:util"
import type { TlsFiles } from "@tessera/mosaic-server/websocket"
import { type Invocation, isSet, textOption, UsageError } from "./command.ts"

const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"

/** A certificate of an authority, obtained by ACME. */
export interface AcmeOptions {
  readonly hostname: string
  readonly directory: string
  readonly email?: string
}

/** What a server shows to those who come by WebSocket. */
export interface TlsOptions {
  readonly tls: TlsFiles | "selfSigned" | "proxy"
  readonly acme: AcmeOptions | undefined
}

/** The options that {@link readTlsOptions} reads. */
export const tlsOptions = {
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "behind-proxy": { type: "boolean" },
  acme: { type: "string" },
  "acme-directory": { type: "string" },
  "acme-email": { type: "string" },
} as const satisfies ParseArgsOptionsConfig

/** Reads where a server's certificate comes from. @throws UsageError when the words make no sense together. */
export async function readTlsOptions(invocation: Invocation): Promise<TlsOptions> {
  const [cert, key] = [textOption(invocation, "tls-cert"), textOption(invocation, "tls-key")]
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--tls-cert and --tls-key belong together.")
  const acme = readAcme(invocation)
  const isBehindProxy = isSet(invocation, "behind-proxy")
  if ([cert !== undefined, isBehindProxy, acme !== undefined].filter(Boolean).length > 1)
    throw new UsageError("--tls-cert, --behind-proxy and --acme are three ways to have a certificate. Choose one.")
  if (isBehindProxy) return { tls: "proxy", acme }
  if (cert === undefined || key === undefined) return { tls: "selfSigned", acme }
  return { tls: { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") }, acme }
}

function readAcme(invocation: Invocation): AcmeOptions | undefined {
  const [name, directory, email] = [
    textOption(invocation, "acme"),
    textOption(invocation, "acme-directory"),
    textOption(invocation, "acme-email"),
  ]
  if (name === undefined) {
    if (directory !== undefined || email !== undefined) throw new UsageError("--acme-directory and --acme-email go with --acme HOSTNAME.")
    return undefined
  }
  const hostname = domainToASCII(name)
  if (hostname === "" || isIP(hostname) !== 0 || !/^[a-z0-9.-]{1,253}$/.test(hostname))
    throw new UsageError(`"${name}" is no name of a host. Write it as mosaic.example.org.`)
  if (directory !== undefined && !(URL.canParse(directory) && new URL(directory).protocol === "https:"))
    throw new UsageError(`"${directory}" is no address of an ACME directory. Write it as https://example.org/directory.`)
  if (email !== undefined && !/^[^\s@,?]+@[^\s@,?]+$/.test(email)) throw new UsageError(`"${email}" is no e-mail address.`)
  return { hostname, directory: directory ?? LETS_ENCRYPT, ...(email !== undefined && { email }) }
}
