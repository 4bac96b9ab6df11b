/** First bytes of messages, as the table of the messages page has them, and those that `docs/mosaic-gaps.md` settles. */
export const TYPE = {
  GET: 0x01,
  QUERY: 0x02,
  SUBSCRIBE: 0x03,
  UNSUBSCRIBE: 0x04,
  SUBMISSION: 0x05,
  DHT_LOOKUP: 0x06,
  BLOB_SUBMISSION: 0x07,
  BLOB_GET: 0x08,
  DHT_PUT: 0x09,
  HELLO: 0x10,
  HELLO_AUTH: 0x11,
  IDENTIFY: 0x12,
  SYNC_INIT: 0x20,
  SYNC_DATA: 0x21,
  SYNC_CLOSE: 0x22,
  RECORD: 0x80,
  LOCALLY_COMPLETE: 0x81,
  QUERY_CLOSED: 0x82,
  SUBMISSION_RESULT: 0x83,
  DHT_RESPONSE: 0x84,
  BLOB_SUBMISSION_RESULT: 0x85,
  BLOB_RESULT: 0x86,
  DHT_PUT_RESULT: 0x87,
  HELLO_ACK: 0x90,
  IDENTITY: 0x92,
  SERVER_SYNC_DATA: 0xa1,
  SYNC_ERROR: 0xa3,
  UNRECOGNIZED: 0xf0,
  CLOSING: 0xfe,
} as const

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE).map(([name, type]) => [type, name]))

/** Such as `QUERY_CLOSED`, or `0x42`. */
export const typeName = (type: number): string => NAMES.get(type) ?? `0x${type.toString(16).padStart(2, "0")}`
