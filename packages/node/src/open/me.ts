import { formatUserKey, HOME, PROFILE, publicKeyOf } from "@tessera/mosaic"
import type { Kind, VerifiedRecord } from "@tessera/mosaic"
import type { RecordStore } from "@tessera/mosaic-server"
import type { Me, ProfileRequest, RecoverySheet } from "../api/contract.ts"
import { addressScope, chooseHints, doorAddress, doorWords, formatCard, makeQrCode } from "../card/card.ts"
import type { Hint } from "../card/card.ts"
import type { Door, DoorPlace } from "../door/door.ts"
import { announceHome, makeRecoverySheet } from "../keys/keys.ts"
import type { Ports } from "../ports.ts"
import { buildProfile } from "../profile/profile.ts"
import type { PeopleIndex } from "../profile/profile.ts"
import { Refusal } from "../refusal.ts"
import type { StateStore } from "../state/state.ts"
import type { TimestampSource } from "../timestamp-source.ts"
import { passphraseTrouble } from "../vault/vault.ts"
import type { UnlockedVault, WrongPassphrase } from "../vault/vault.ts"
import { readSettings } from "./settings.ts"

/** The person's own page: who they are, their card, and what only the master key may do. */
export interface OwnPage {
  me(): Me
  /** Signs a new profile. @throws {Refusal} also for a wrong passphrase. @throws {PictureError} */
  editProfile(request: ProfileRequest & { readonly pictureBytes?: Uint8Array | null }, signal: AbortSignal): Promise<void>
  changePassphrase(current: string, next: string, signal: AbortSignal): Promise<void>
  recoverySheet(passphrase: string, signal: AbortSignal): Promise<RecoverySheet>
}

export interface OwnPageOptions {
  readonly ports: Pick<Ports, "clock" | "network" | "random" | "kdf">
  readonly vault: UnlockedVault
  readonly records: RecordStore
  readonly state: StateStore
  readonly people: PeopleIndex
  readonly door: () => Door
  /** What fails at present behind the person's back, as a sentence. */
  readonly trouble: () => string | undefined
  readonly place: DoorPlace | undefined
  readonly now: TimestampSource
}

export function createOwnPage(options: OwnPageOptions): OwnPage {
  const { ports, vault, records, people, place } = options
  const { person, door: doorSecret } = vault.secrets
  const doorKey = publicKeyOf(doorSecret)
  const words = doorWords(doorKey)
  const address = doorAddress(doorKey)
  const ownRecord = async (kind: Kind): Promise<VerifiedRecord | undefined> =>
    (await records.query({ authors: [person], signers: [person], kinds: [kind] }, { limit: 1 })).records[0]?.record
  return {
    me() {
      const known = people.get(person)
      const hints = hintsOf(ports, options.door().port, place)
      const link = formatCard({ person, door: doorKey, hints })
      return {
        person: formatUserKey(person),
        displayName: known?.displayName ?? "",
        name: known?.name ?? "",
        about: known?.about ?? "",
        ...(known?.picture === undefined ? {} : { picture: known.picture }),
        card: { link, qr: makeQrCode(link.toUpperCase()), words, address },
        settings: readSettings(options.state),
        connections: connectionsOf(options.door(), hints, options.trouble()),
      }
    },
    async editProfile({ displayName, about, pictureBytes, passphrase }, signal) {
      const previous = await ownRecord(PROFILE)
      const text = { displayName, about, ...(pictureBytes === undefined ? {} : { picture: pictureBytes }) }
      // People of before cards could be words have none yet: the door could not say whose it is.
      const isAtHome = (await ownRecord(HOME)) !== undefined
      const { homeNumber } = vault.secrets
      const signed = opened(
        await vault.withMaster(
          passphrase,
          (master) => [
            buildProfile(master, text, { now: options.now(), ...(previous === undefined ? {} : { previous }) }),
            ...(isAtHome ? [] : [announceHome(master, homeNumber, options.now())]),
          ],
          { signal },
        ),
      )
      await records.put(signed)
    },
    async changePassphrase(current, next, signal) {
      const trouble = passphraseTrouble(next)
      if (trouble !== undefined) throw new Refusal("badRequest", trouble)
      const result = await vault.changePassphrase(current, next, { signal })
      if (!result.ok) throw new Refusal("wrongPassphrase", result.reason)
    },
    async recoverySheet(passphrase, signal) {
      const logN = ports.kdf?.sheetLogN
      const make = { random: ports.random, ...(logN === undefined ? {} : { logN }) }
      const { text, qr } = opened(await vault.withMaster(passphrase, (master) => makeRecoverySheet(master, passphrase, make), { signal }))
      return {
        displayName: people.get(person)?.displayName ?? "",
        person: formatUserKey(person),
        text,
        qr,
        madeAt: ports.clock.unixMillis(),
      }
    },
  }
}

function opened<T>(result: { readonly ok: true; readonly value: T } | WrongPassphrase): T {
  if (!result.ok) throw new Refusal("wrongPassphrase", result.reason)
  return result.value
}

/** A place that the person chose is where they are reached; otherwise this machine's addresses are. */
function hintsOf({ network }: Pick<Ports, "network">, port: number | undefined, place: DoorPlace | undefined): readonly Hint[] {
  if (port === undefined) return []
  const isWildcard = place === undefined || place.host === "::" || place.host === "0.0.0.0"
  if (isWildcard) return chooseHints(network.localAddresses(), port)
  return addressScope(place.host) === "loopback" ? chooseHints([], port) : chooseHints([place.host], port)
}

function connectionsOf(door: Door, hints: readonly Hint[], failing: string | undefined): Me["connections"] {
  const trouble = failing ?? door.trouble
  return {
    ...(door.isListening && door.port !== undefined ? { listening: { port: door.port, addresses: hints.map(({ host }) => host) } } : {}),
    ...(trouble === undefined ? {} : { trouble }),
  }
}
