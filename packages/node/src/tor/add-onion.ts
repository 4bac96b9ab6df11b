import type { SecretKey } from "@tessera/mosaic"
import { formatClientPublicKey } from "./client-key.ts"
import { onionKeyBlob } from "./onion-key.ts"
import type { LocalPlace } from "./place.ts"

export interface AddOnion {
  readonly key: SecretKey
  readonly port: number
  readonly target: LocalPlace
  /** At least one when it is restricted; `undefined` when everybody may find it. */
  readonly clients: readonly Uint8Array[] | undefined
  /** Under attack, let those first who do some work. */
  readonly proofOfWork: boolean
}

/** Streams that one visitor may have open; more end the visitor's circuit. */
const STREAMS = 64

/** The command that publishes a service (control-spec, `ADD_ONION`). It ends with the control connection. */
export function addOnionCommand({ key, port, target, clients, proofOfWork }: AddOnion): string {
  const flags = ["MaxStreamsCloseCircuit", ...(clients === undefined ? [] : ["V3Auth"])]
  return [
    `ADD_ONION ED25519-V3:${onionKeyBlob(key)}`,
    `Flags=${flags.join(",")}`,
    `MaxStreams=${STREAMS}`,
    ...(proofOfWork ? ["PoWDefensesEnabled=1"] : []),
    `Port=${port},${"path" in target ? `unix:${target.path}` : `127.0.0.1:${target.port}`}`,
    ...(clients ?? []).map((client) => `ClientAuthV3=${formatClientPublicKey(client)}`),
  ].join(" ")
}
