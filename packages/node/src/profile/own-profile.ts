import { buildRecord, encodeProfile, nonceFromText, parseTimestamp, PROFILE, publicKeyOf, readProfile } from "@tessera/mosaic"
import type { Profile, SecretKey, Timestamp, VerifiedRecord } from "@tessera/mosaic"
import { ABOUT_LIMIT, NAME_LIMIT } from "../api/contract.ts"
import { Refusal } from "../refusal.ts"
import { countCodePoints, displayLine } from "./display-text.ts"
import { typeableName } from "./name.ts"
import { preparePicture } from "./picture.ts"

/** What a person says of themself. */
export interface ProfileText {
  readonly displayName: string
  readonly about?: string
  /** A WebP file; `null` for none; left out keeps the picture of `previous`. */
  readonly picture?: Uint8Array | null
}

/** The same address on each device, so that the newest profile replaces the others. */
const PROFILE_NONCE = nonceFromText("profile")

/** Says what keeps a text from being a name, as a sentence for the person; `undefined` when nothing does. */
export function nameTrouble(displayName: string): string | undefined {
  if (displayLine(displayName, NAME_LIMIT) === "") return "A name is missing. Type what people should call you."
  if (countCodePoints(displayName.trim(), NAME_LIMIT) > NAME_LIMIT) return `This name is too long: at most ${NAME_LIMIT} characters.`
  return undefined
}

/**
 * Builds the person's profile, signed by the master key, dated after the one before it. Fields of `previous` that are not edited here stay.
 * @throws {Refusal} when name or text cannot be taken.
 * @throws {PictureError} when the picture cannot be.
 */
export function buildProfile(
  master: SecretKey,
  text: ProfileText,
  options: { readonly now: Timestamp; readonly previous?: VerifiedRecord },
): VerifiedRecord {
  const trouble = nameTrouble(text.displayName)
  if (trouble !== undefined) throw new Refusal("badRequest", trouble)
  const about = (text.about ?? "").replaceAll(/\r\n?/g, "\n").toWellFormed().trim()
  if (countCodePoints(about, ABOUT_LIMIT) > ABOUT_LIMIT) {
    throw new Refusal("badRequest", `What you say about yourself is too long: at most ${ABOUT_LIMIT.toLocaleString("en")} characters.`)
  }
  const person = publicKeyOf(master)
  const { previous } = options
  const { avatar: before, about: _, ...kept }: Partial<Profile> = previous === undefined ? {} : readProfile(previous)
  const avatar = text.picture === undefined ? before : text.picture === null ? undefined : preparePicture(text.picture)
  const displayName = displayLine(text.displayName, NAME_LIMIT)
  const profile: Profile = {
    ...kept,
    name: typeableName(displayName, person),
    display_name: displayName,
    ...(about === "" ? {} : { about }),
    ...(avatar === undefined ? {} : { avatar }),
  }
  const timestamp = previous !== undefined && previous.timestamp >= options.now ? parseTimestamp(previous.timestamp + 1n) : options.now
  return buildRecord({ author: person, signer: master, kind: PROFILE, nonce: PROFILE_NONCE, timestamp, payload: encodeProfile(profile) })
}
