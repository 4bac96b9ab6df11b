// Specification: tag_types, core_tags.
export const TAG_NOTIFY = 0x1
export const TAG_REPLY = 0x2
export const TAG_ROOT = 0x3
export const TAG_NOSTR_SISTER = 0x8
export const TAG_SUBKEY = 0x10
export const TAG_USER_MENTION = 0x20
export const TAG_SERVER_MENTION = 0x21
export const TAG_QUOTE = 0x22
export const TAG_URL = 0x24
export const TAG_IMAGE = 0x25
export const TAG_VIDEO = 0x26
