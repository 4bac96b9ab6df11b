import { type PublicKey, type RecordId, type Timestamp, equalBytes, toHex } from "@tessera/mosaic"
import { KeyMap } from "../key-map.ts"
import type { Finding, ServerReport } from "./report.ts"
import { type Score, charge, fade, forgive, healthOf, newScore } from "./rules.ts"

/** Servers that are remembered; whoever was heard of longest ago is forgotten first. */
const SERVERS = 2_000
/** Reports kept of each server, and records and witnesses named in one. */
const REPORTS = 32
const EVIDENCE = 64

interface Entry {
  score: Score
  readonly reports: Map<string, ServerReport>
}

/** What was noticed of each server, bounded, with what it counts. */
export class Ledger {
  readonly #servers = new KeyMap<Entry>()

  add(server: PublicKey, finding: Finding, now: Timestamp): ServerReport {
    const entry = this.#entry(server, now)
    entry.score = charge(fade(entry.score, now), finding)
    const key = nameOf(finding)
    const known = entry.reports.get(key)
    const report: ServerReport =
      known === undefined
        ? { server, finding, first: now, last: now, count: 1 }
        : { server, finding: joined(known.finding, finding), first: known.first, last: now, count: known.count + 1 }
    entry.reports.delete(key)
    entry.reports.set(key, report)
    if (entry.reports.size > REPORTS) dropFirst(entry.reports)
    return report
  }

  /** It did what it was asked. */
  didWell(server: PublicKey, now: Timestamp): void {
    const entry = this.#servers.get(server)
    if (entry !== undefined) entry.score = forgive(fade(entry.score, now))
  }

  health(server: PublicKey, now: Timestamp): number {
    const entry = this.#servers.get(server)
    return entry === undefined ? 1 : healthOf(fade(entry.score, now))
  }

  /** All reports, the last noticed first. */
  get reports(): ServerReport[] {
    return this.#servers
      .values()
      .flatMap(({ reports }) => [...reports.values()])
      .sort((a, b) => (a.last < b.last ? 1 : a.last > b.last ? -1 : 0))
  }

  #entry(server: PublicKey, now: Timestamp): Entry {
    const entry = this.#servers.get(server) ?? { score: newScore(now), reports: new Map<string, ServerReport>() }
    this.#servers.delete(server)
    this.#servers.set(server, entry)
    const [oldest] = this.#servers.size > SERVERS ? this.#servers.keys() : []
    if (oldest !== undefined) this.#servers.delete(oldest)
    return entry
  }
}

/** What makes two findings of one server the same report. */
function nameOf(finding: Finding): string {
  if (finding.type === "missing") return `missing ${finding.role} ${toHex(finding.author)}`
  if (finding.type === "queryRefused" || finding.type === "recordRefused") return `${finding.type} ${finding.code}`
  return finding.type === "wrongServer" ? `wrongServer ${finding.url}` : finding.type
}

function joined(known: Finding, finding: Finding): Finding {
  if (finding.type === "missing" && known.type === "missing") {
    return {
      ...finding,
      ids: together(known.ids, finding.ids),
      witnesses: together(known.witnesses, finding.witnesses),
      acknowledged: known.acknowledged || finding.acknowledged,
    }
  }
  if (finding.type === "recordRefused" && known.type === "recordRefused") return { ...finding, ids: together(known.ids, finding.ids) }
  return finding
}

function together<Bytes extends RecordId | PublicKey>(known: readonly Bytes[], more: readonly Bytes[]): Bytes[] {
  const fresh = more.filter((one) => !known.some((other) => equalBytes(one, other)))
  return [...known, ...fresh].slice(0, EVIDENCE)
}

function dropFirst(map: Map<string, unknown>): void {
  for (const first of map.keys()) {
    map.delete(first)
    break
  }
}
