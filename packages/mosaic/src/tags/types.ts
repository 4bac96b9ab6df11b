// Specification: tag_types, core_tags.

/** Whom the record concerns. */
export const TAG_NOTIFY = 0x1
/** What it replies to. */
export const TAG_REPLY = 0x2
/** What started the thread. */
export const TAG_ROOT = 0x3
/** A Nostr event that says the same. */
export const TAG_NOSTR_SISTER = 0x8
/** A subkey, in key schedules. */
export const TAG_SUBKEY = 0x10
/** A person shown in the text. */
export const TAG_USER_MENTION = 0x20
/** A server shown in the text. */
export const TAG_SERVER_MENTION = 0x21
/** A record shown in the text. */
export const TAG_QUOTE = 0x22
/** A web page shown in the text. */
export const TAG_URL = 0x24
/** A picture shown in the text. */
export const TAG_IMAGE = 0x25
/** A video shown in the text. */
export const TAG_VIDEO = 0x26
