import { type Kind, type Readers, kindReaders, makeKind } from "./kind.ts"

/** The application id of Tessera's own kinds. */
export const TESSERA_APPLICATION = 0x7006_8b0c

const RETRACTIONS: Readonly<Record<Readers, Kind>> = {
  author: retraction("author"),
  tagged: retraction("tagged"),
  everybody: retraction("everybody"),
}

/** Takes back records of the same author. It has the reading rights of what it takes back, so that whoever could read that hears of it. */
export function retractionKind(readers: Readers): Kind {
  return RETRACTIONS[readers]
}

/** Whether a kind is a Retraction, with whichever reading rights. */
export function isRetractionKind(kind: Kind): boolean {
  return kind === RETRACTIONS[kindReaders(kind)]
}

/** Which records of a revoked or retired device stay valid. Signed by the master key only. */
export const KEPT: Kind = makeKind({ application: TESSERA_APPLICATION, number: 5, handling: "replaceable", readers: "everybody" })

/** Where a person's door is. Signed by the master key only. */
export const HOME: Kind = makeKind({ application: TESSERA_APPLICATION, number: 6, handling: "replaceable", readers: "everybody" })

/** A public answer of one sign, named by its Reacts-to tag. */
export const REACTION: Kind = makeKind({ application: TESSERA_APPLICATION, number: 7, handling: "unique", readers: "everybody" })

/**
 * Somebody asks a server to make them a member. Ephemeral and for its author alone: no server that does not know it keeps it or shows it to others.
 * Signed by the master key only.
 */
export const ADMISSION: Kind = makeKind({ application: TESSERA_APPLICATION, number: 16, handling: "ephemeral", readers: "author" })

/** Where a server tells about its service, such as what it costs. Signed by the server's key only. */
export const SERVICE: Kind = makeKind({ application: TESSERA_APPLICATION, number: 17, handling: "replaceable", readers: "everybody" })

function retraction(readers: Readers): Kind {
  return makeKind({ application: TESSERA_APPLICATION, number: 4, handling: "unique", readers })
}
