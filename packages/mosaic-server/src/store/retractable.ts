/**
 * Who may take back records of a kind, as `retractedBy` of the protocol core says it: here for the writer's thread, which starts faster without the
 * core, and knows of a record only where its fields are. A test compares both.
 */
export function retractedBy(kind: bigint): "author" | "master" | "nobody" {
  return NOBODY.has(kind) ? "nobody" : MASTER.has(kind) ? "master" : "author"
}

/** Key Schedules, Kept records, Retractions. */
const NOBODY: ReadonlySet<bigint> = new Set([
  0x0000_0000_0001_000en,
  0x7006_8b0c_0005_000en,
  0x7006_8b0c_0004_0000n,
  0x7006_8b0c_0004_0004n,
  0x7006_8b0c_0004_000cn,
])
/** Profiles, Homes. */
const MASTER: ReadonlySet<bigint> = new Set([0x0000_0000_0002_000en, 0x7006_8b0c_0006_000en])
