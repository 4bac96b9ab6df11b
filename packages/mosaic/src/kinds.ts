import { type Kind, parseKind } from "./kind.ts"

/** Which subkeys act for a master key. (Specification: keyschedule) */
export const KEY_SCHEDULE: Kind = parseKind(0x0000_0000_0001_000en)

/** Name, picture and words about a person. (Specification: profile) */
export const PROFILE: Kind = parseKind(0x0000_0000_0002_000en)

/** A short text that starts a thread. (Specification: microblog) */
export const MICROBLOG_ROOT: Kind = parseKind(0x0000_0001_0001_001cn)

/** An answer to any record. (Specification: reply_comment) */
export const REPLY_COMMENT: Kind = parseKind(0x0000_0001_0002_001cn)

/** A long text. (Specification: blog) */
export const BLOG_POST: Kind = parseKind(0x0000_0001_0003_001cn)

/** A line in a public room. (Specification: chat) */
export const CHAT_MESSAGE: Kind = parseKind(0x0000_0001_0004_001cn)
