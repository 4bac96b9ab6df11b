import type { Arrivals, StreamIndex } from "../plan.ts"

/** What the writer runs. `head` is the first 96 bytes of a record: id and address. */
export const WRITES = {
  counter: "SELECT sequence, received, trusted FROM counter",
  setCounter: "UPDATE counter SET sequence = ?, received = ?, trusted = ?",
  isRemoved: "SELECT 1 FROM removed WHERE id = ?",
  setRemoved: "INSERT INTO removed (id) VALUES (?)",
  atPosition:
    "SELECT sequence, position, tag_keys, substr(bytes, 1, 96) AS head FROM record INDEXED BY record_by_position WHERE position = ?",
  atAddress:
    "SELECT sequence, position, tag_keys, substr(bytes, 1, 96) AS head FROM record INDEXED BY record_by_address WHERE address_key = ?",
  insert: "INSERT INTO record (sequence, received, tag_keys, bytes, expires) VALUES (?, ?, ?, ?, ?)",
  delete: "DELETE FROM record WHERE sequence = ?",
  insertTag: "INSERT INTO tag (key, position, sequence) VALUES (?, ?, ?)",
  retraction: "SELECT until, master_until FROM retracted WHERE reference IN (?, ?) AND author = ?",
  setRetracted:
    "INSERT INTO retracted (reference, author, until, master_until) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET until = max(until, excluded.until), master_until = max(master_until, excluded.master_until)",
  floor: "SELECT id FROM floor WHERE address = ?",
  setFloor: "INSERT INTO floor (address, id) VALUES (?, ?) ON CONFLICT DO UPDATE SET id = max(id, excluded.id)",
  isOver: "SELECT 1 FROM record WHERE sequence = ? AND expires <= ?",
  over: "SELECT sequence, position, tag_keys, substr(bytes, 1, 96) AS head FROM record INDEXED BY record_by_expires WHERE expires <= ? ORDER BY expires LIMIT ?",
  nextExpiry: "SELECT expires FROM record INDEXED BY record_by_expires WHERE expires > ? ORDER BY expires LIMIT 1",
  deleteTag: "DELETE FROM tag WHERE key = ? AND position = ? AND sequence = ?",
} as const

/** What readers run, apart from the runs through an index below. */
export const READS = {
  lastSequence: "SELECT sequence FROM counter",
  row: "SELECT sequence, received, expires, bytes FROM record WHERE sequence = ?",
  atPosition: "SELECT sequence, received, expires, bytes FROM record INDEXED BY record_by_position WHERE position = ?",
  atAddress:
    "SELECT sequence, received, expires, bytes FROM record INDEXED BY record_by_address WHERE address_key = ? ORDER BY position DESC",
  after: "SELECT sequence, received, expires, bytes FROM record WHERE sequence > ? ORDER BY sequence",
  firstReceivedSince: "SELECT sequence FROM record INDEXED BY record_by_received WHERE received >= ? ORDER BY received LIMIT 1",
} as const

const SOURCE: Readonly<Record<StreamIndex, string>> = {
  author: "record INDEXED BY record_by_author WHERE author_key = ?",
  authorKind: "record INDEXED BY record_by_author_kind WHERE author_kind = ?",
  kind: "record INDEXED BY record_by_kind WHERE kind = ?",
  signer: "record INDEXED BY record_by_signer WHERE signer_key = ?",
  tag: "tag WHERE key = ?",
  // So that every index takes the same parameters.
  all: "record INDEXED BY record_by_position WHERE ? IS NOT NULL",
}

const ARRIVALS: Readonly<Record<Arrivals["by"], string>> = {
  author: "record INDEXED BY record_by_author_arrival WHERE author_key = ?",
  tag: "tag INDEXED BY tag_by_arrival WHERE key = ?",
  all: "record WHERE ? IS NOT NULL",
}

/** The next entries of a run, newest first. Parameters: key, position and sequence to go on after, oldest position, how many. */
export function streamStatement(by: StreamIndex): string {
  return `SELECT position, sequence FROM ${SOURCE[by]} AND (position, sequence) < (?, ?) AND position >= ? ORDER BY position DESC, sequence DESC LIMIT ?`
}

/** How many entries a run has, counted up to a bound. Parameters: key, oldest position, newest position, bound. */
export function streamCountStatement(by: StreamIndex): string {
  return `SELECT count(*) FROM (SELECT 1 FROM ${SOURCE[by]} AND position BETWEEN ? AND ? LIMIT ?)`
}

/** The entries of a run in the order of arrival. Parameters: key, first sequence, how many. */
export function arrivalsStatement(by: Arrivals["by"]): string {
  return `SELECT position, sequence FROM ${ARRIVALS[by]} AND sequence >= ? ORDER BY sequence LIMIT ?`
}
