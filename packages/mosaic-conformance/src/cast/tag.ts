import { concatBytes, encodeUtf8 } from "@tessera/mosaic"
import { u16, zeros } from "../wire/bytes.ts"

/** A tag as it stands in records and filters: length, type, value. */
export const tag = (type: number, value: Uint8Array): Uint8Array => concatBytes(u16(4 + value.length), u16(type), value)

/** A tag of a type that nobody has defined, with a text. */
export const textTag = (text: string, type = 0x7001): Uint8Array => tag(type, encodeUtf8(text))

/** The core tags that servers look at. */
export const notify = (key: Uint8Array): Uint8Array => tag(0x1, concatBytes(zeros(4), key))
export const subkey = (key: Uint8Array): Uint8Array => tag(0x10, concatBytes(zeros(4), key))
export const userMention = (key: Uint8Array): Uint8Array => tag(0x20, concatBytes(zeros(4), key))
