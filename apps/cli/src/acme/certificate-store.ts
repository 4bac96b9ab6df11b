import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { diskFileSystem, writeAtomically } from "@tessera/node/adapters"

const FILE_NAME = "acme.json"

/** For which name, and from which authority, a certificate is kept. */
export interface CertificateOwner {
  /** In ASCII, lower case. */
  readonly hostname: string
  /** The URL of the authority's directory. */
  readonly directory: string
}

/** Who we are for an authority: a key (PEM), and the URL that it has given to it. */
export interface AcmeAccount {
  readonly key: string
  readonly url: string
}

/** What was obtained from an authority, in PEM. */
export interface ObtainedCertificate {
  readonly account: AcmeAccount
  /** With the chain behind it. */
  readonly cert: string
  readonly key: string
}

/**
 * The certificate that lies in a server's folder, in one file, which only its owner may read (0600), so that key and certificate always belong together.
 * Undefined when there is none for this name and authority, or none that can be read: another one is obtained then.
 */
export async function readCertificate(folder: string, owner: CertificateOwner): Promise<ObtainedCertificate | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(join(folder, FILE_NAME), "utf8"))
    return isKept(kept) && kept.hostname === owner.hostname && kept.directory === owner.directory ? kept : undefined
  } catch {
    return undefined
  }
}

/** Keeps a certificate in place of the last one. @throws {Error} of the file system. */
export async function writeCertificate(folder: string, owner: CertificateOwner, obtained: ObtainedCertificate): Promise<void> {
  const { hostname, directory } = owner
  const { account, cert, key } = obtained
  const text = JSON.stringify({ version: 1, hostname, directory, account, cert, key }, undefined, 2)
  await writeAtomically(diskFileSystem, folder, FILE_NAME, Buffer.from(`${text}\n`))
}

function isKept(value: unknown): value is CertificateOwner & ObtainedCertificate {
  if (!hasTexts(value, ["hostname", "directory", "cert", "key"]) || Reflect.get(value, "version") !== 1) return false
  return hasTexts(Reflect.get(value, "account"), ["key", "url"])
}

const hasTexts = (value: unknown, names: readonly string[]): value is object =>
  typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "string")
