import { type PublicKey, publicKeyOf, type Readers, RESULT, type ResultCode, resultName, type SecretKey } from "@tessera/mosaic"
import { type MosaicConnection, QueryRefusedError } from "@tessera/mosaic-client"
import type { Finding, Findings } from "./finding.ts"
import { nobody, passingRecord } from "./passing-record.ts"

const about = "roles"

/** Who asks, and on whose behalf. */
export interface RolesOptions {
  /** Anonymous. */
  readonly connection: MosaicConnection
  /** A member's key: what tags them shows whether the server is an inbox. */
  readonly member?: PublicKey | undefined
  /** Connected as the member, who can write. */
  readonly asMember?: { readonly connection: MosaicConnection; readonly secret: SecretKey } | undefined
}

/** What a server was seen to do. `undefined`: not told. */
export interface SeenRoles {
  readonly isOpen: boolean
  readonly isOutbox: boolean | undefined
  readonly isInbox: boolean | undefined
  readonly isEncryption: boolean | undefined
}

const wasTaken = (code: ResultCode): boolean => code === RESULT.ACCEPTED || code === RESULT.SUCCESS || code === RESULT.NO_CONSUMERS

/**
 * Finds out what a server does for whom by bringing it empty ephemeral records, which servers do not keep, and by what their results say. What it does with
 * records that stay cannot be told this way: a server that moderates, or takes no ephemeral records, looks like one without the role.
 */
export async function* examineRoles({ connection, member, asMember }: RolesOptions): Findings<SeenRoles> {
  yield* examineReading(connection, member)
  const stranger = async (readers: Readers, tagged?: PublicKey): Promise<ResultCode> =>
    (await connection.submit(passingRecord(nobody(), readers, tagged))).code
  const plain = await stranger("everybody")
  const isOpen = wasTaken(plain)
  yield isOpen
    ? {
        about,
        judgement: "well",
        code: "open",
        text: "It takes records of anybody: an open server, where everybody is a member.",
        facts: { result: resultName(plain) },
      }
    : refusal("strangers-refused", "It takes no records of strangers that concern no member.", plain)
  if (isOpen) return { isOpen, isOutbox: true, isInbox: undefined, isEncryption: undefined }
  if (member === undefined) {
    yield {
      about,
      judgement: "unknown",
      code: "roles-untold",
      text: "Whether it is outbox, inbox or encryption server shows only on behalf of a member.",
      advice: "Name one with --member mopub0…, or be one with --as FILE.",
    }
    return { isOpen, isOutbox: undefined, isInbox: undefined, isEncryption: undefined }
  }
  const [tagging, sealed] = [await stranger("everybody", member), await stranger("tagged", member)]
  const [isInbox, isEncryption] = [wasTaken(tagging), wasTaken(sealed)]
  yield isInbox
    ? {
        about,
        judgement: "well",
        code: "inbox",
        text: "Inbox: it takes what strangers write to the member.",
        facts: { result: resultName(tagging) },
      }
    : refusal("no-inbox", "No inbox for the member, or one that moderates: it takes no passing record that tags them.", tagging)
  yield isEncryption
    ? {
        about,
        judgement: "well",
        code: "encryption",
        text: `${isInbox ? "Inbox or encryption" : "Encryption"} server: it takes what is only for the member and its author to read.`,
        facts: { result: resultName(sealed) },
      }
    : refusal("no-encryption", "No encryption server for the member: it takes no passing record for them alone.", sealed)
  if (asMember === undefined) {
    yield {
      about,
      judgement: "unknown",
      code: "outbox-untold",
      text: "Whether it is the member's outbox shows only to the member (--as FILE).",
    }
    return { isOpen, isOutbox: undefined, isInbox, isEncryption }
  }
  const { code } = await asMember.connection.submit(passingRecord(asMember.secret, "author"))
  const isOutbox = wasTaken(code)
  yield isOutbox
    ? { about, judgement: "well", code: "outbox", text: "Outbox: it takes what the member writes.", facts: { result: resultName(code) } }
    : refusal("no-outbox", "No outbox for the member: it does not take what they write.", code)
  return { isOpen, isOutbox, isInbox, isEncryption }
}

/** "Without requiring authentication": what is for everybody is served to anonymous peers. (Specification: network) */
async function* examineReading(connection: MosaicConnection, member: PublicKey | undefined): Findings {
  try {
    const author = member ?? publicKeyOf(nobody())
    for await (const _ of connection.query({ authors: [author] }, { limit: 1 })) break
    yield { about, judgement: "well", code: "reads-anonymous", text: "Anybody may ask, without authentication." }
  } catch (error) {
    if (!(error instanceof QueryRefusedError)) throw error
    yield {
      about,
      judgement: "wrong",
      code: "reads-refused",
      text: `An anonymous query is refused with ${resultName(error.code)}: outbox servers must serve anybody.`,
      facts: { result: resultName(error.code) },
    }
  }
}

function refusal(code: string, text: string, result: ResultCode): Finding {
  const isPolicy = result === RESULT.UNAUTHORIZED || result === RESULT.REQUIRES_AUTHENTICATION
  return {
    about,
    judgement: isPolicy ? "note" : "unknown",
    code,
    text: `${text} It said ${resultName(result)}.`,
    facts: { result: resultName(result) },
  }
}
