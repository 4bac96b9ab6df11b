import { execFile } from "node:child_process"
import { mkdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import type { TorPrograms } from "./programs.ts"

const run = promisify(execFile)

interface AuthorityPlace {
  readonly folder: string
  readonly nickname: string
  readonly orPort: number
  readonly dirPort: number
  readonly emptyFile: string
}

/** Makes an authority's keys without a question, and gives the line by which every tor of the network knows it. */
export async function makeAuthority({ tor, gencert }: TorPrograms, place: AuthorityPlace): Promise<string> {
  const keys = join(place.folder, "keys")
  await mkdir(keys, { recursive: true, mode: 0o700 })
  const made = run(gencert, [
    "--create-identity-key",
    ...optionsOf({ "--passphrase-fd": "0", "-m": "12", "-a": `127.0.0.1:${place.dirPort}` }),
    ...optionsOf({ "-i": join(keys, "authority_identity_key"), "-s": join(keys, "authority_signing_key") }),
    ...optionsOf({ "-c": join(keys, "authority_certificate") }),
  ])
  made.child.stdin?.end("test\n")
  await made
  const identity = /^fingerprint ([0-9A-F]{40})$/mu.exec(await readFile(join(keys, "authority_certificate"), "utf8"))?.[1]
  const fingerprint = await relayFingerprint(tor, place)
  if (identity === undefined) throw new Error("tor-gencert wrote no fingerprint")
  return `DirAuthority ${place.nickname} orport=${place.orPort} v3ident=${identity} 127.0.0.1:${place.dirPort} ${fingerprint}`
}

/** The relay key is made by this, and stays: the relay must run with the same folder and nickname. */
async function relayFingerprint(tor: string, place: AuthorityPlace): Promise<string> {
  const { stdout } = await run(tor, [
    "--quiet",
    "--list-fingerprint",
    ...optionsOf({ "-f": place.emptyFile, "--defaults-torrc": place.emptyFile, "--DataDirectory": place.folder }),
    ...optionsOf({ "--ORPort": `127.0.0.1:${place.orPort}`, "--Nickname": place.nickname, "--SocksPort": "0", "--TestingTorNetwork": "1" }),
    // A testing network must have an authority, and nobody is asked here.
    ...optionsOf({ "--DirAuthority": `x orport=1 127.0.0.1:1 ${"f".repeat(40)}` }),
  ])
  const fingerprint = /([0-9A-F]{4}(?: [0-9A-F]{4}){9})\s*$/u.exec(stdout)?.[1]
  if (fingerprint === undefined) throw new Error(`tor printed no fingerprint: ${stdout}`)
  return fingerprint.replaceAll(" ", "")
}

const optionsOf = (options: Readonly<Record<string, string>>): readonly string[] => Object.entries(options).flat()
