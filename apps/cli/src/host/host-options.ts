import { MAX_RECORD_LENGTH, MIN_RECORD_LENGTH, type PublicKey, isServiceUrl, parseUserKey } from "@tessera/mosaic"
import {
  type AdmissionMode,
  DEFAULT_BLOB_BUDGET,
  DEFAULT_LIMITS,
  DEFAULT_RATES,
  HOLD_LIMITS,
  type HoldLimits,
  type Limits,
  type RatesOptions,
} from "@tessera/mosaic-server"
import { type AddressLimits, DEFAULT_ADDRESS_LIMITS } from "@tessera/mosaic-server/tcp"
import { type Invocation, UsageError, isSet, numberOption, textOption, textOptions } from "../command.ts"
import { readable } from "../readable.ts"

const ADMISSIONS = ["closed", "invite", "request"] as const
const MOST = 1_000_000_000
/** Their lengths have 48 bits. */
const MOST_BLOB = 2 ** 48 - 1
const HANDSHAKE_MS = 30_000

/** What `serve` is told about whom it serves and how much. */
export interface HostOptions {
  /** On an open server everybody is a member. */
  readonly isOpen: boolean
  readonly members: readonly PublicKey[]
  readonly memberFile: string | undefined
  readonly admission: AdmissionMode
  readonly moderates: boolean
  readonly serviceUrl: string | undefined
  /** Bytes of a record. */
  readonly maxRecord: number | undefined
  /** Bytes of disk for all blobs. */
  readonly blobBudget: number
  readonly limits: Limits
  readonly addressLimits: AddressLimits
  /** How long TLS and the headers of a request may take, in milliseconds. */
  readonly handshakeMs: number
  readonly holdLimits: HoldLimits
  readonly rates: Omit<RatesOptions, "now">
}

/** The options that `readHostOptions` reads. */
export const hostOptions = {
  member: { type: "string", multiple: true },
  "member-file": { type: "string" },
  open: { type: "boolean" },
  admission: { type: "string" },
  moderate: { type: "boolean" },
  "service-url": { type: "string" },
  "max-record": { type: "string" },
  "blob-limit": { type: "string" },
  "blob-budget": { type: "string" },
  rate: { type: "string", multiple: true },
  limit: { type: "string", multiple: true },
} as const

/** @throws UsageError */
export function readHostOptions(invocation: Invocation): HostOptions {
  const memberFile = textOption(invocation, "member-file")
  const members = textOptions(invocation, "member").map((text) => readable("person's key (mopub0…)", text, parseUserKey))
  const isOpen = isSet(invocation, "open")
  const admission = textOption(invocation, "admission")
  const moderates = isSet(invocation, "moderate")
  const { limits, ...others } = readLimits(textOptions(invocation, "limit"))
  const blobBytes = numberOption(invocation, "blob-limit", 0, MOST_BLOB) ?? limits.blobBytes
  if (isOpen && (members.length > 0 || memberFile !== undefined))
    throw new UsageError("--open serves everybody; --member and --member-file serve those named. Choose one.")
  if (isOpen && (admission !== undefined || moderates))
    throw new UsageError(
      "On an open server everybody is a member: there is nobody to admit (--admission), and nobody is a stranger (--moderate).",
    )
  if (!isOpen && members.length === 0 && memberFile === undefined && admission === undefined)
    throw new UsageError(
      "Say whom to serve: --member mopub0… (as often as needed), --member-file FILE, --open for everybody, or --admission closed when `tessera host members` says it.",
    )
  return {
    isOpen,
    members,
    memberFile,
    admission: readAdmission(admission),
    moderates,
    serviceUrl: readServiceUrl(textOption(invocation, "service-url")),
    maxRecord: numberOption(invocation, "max-record", MIN_RECORD_LENGTH, MAX_RECORD_LENGTH),
    blobBudget: numberOption(invocation, "blob-budget", 0, Number.MAX_SAFE_INTEGER) ?? DEFAULT_BLOB_BUDGET,
    limits: { ...limits, blobBytes },
    ...others,
    ...readRates(textOptions(invocation, "rate"), textOptions(invocation, "limit")),
  }
}

function readAdmission(text = "closed"): AdmissionMode {
  const mode = ADMISSIONS.find((each) => each === text)
  if (mode === undefined) throw new UsageError(`There is no admission "${text}"; there are ${ADMISSIONS.join(", ")}.`)
  return mode
}

function readServiceUrl(text: string | undefined): string | undefined {
  if (text !== undefined && !isServiceUrl(text)) throw new UsageError(`"${text}" is no http or https URL of printable ASCII.`)
  return text
}

/** Reads `NAME=NUMBER`. */
function readNumber(text: string, option: string): readonly [string, number] {
  const found = /^([A-Za-z.]+)=(\d{1,10})$/.exec(text)
  const value = Number(found?.[2])
  if (found?.[1] === undefined || !(value <= MOST)) throw new UsageError(`--${option} takes NAME=NUMBER, not "${text}".`)
  return [found[1], value]
}

function readLimits(texts: readonly string[]) {
  const limits: Record<string, number> = { ...DEFAULT_LIMITS }
  const addressLimits: Record<string, number> = { ...DEFAULT_ADDRESS_LIMITS }
  const holdLimits: Record<string, number> = { heldRecords: HOLD_LIMITS.records, heldRecordsOfOne: HOLD_LIMITS.recordsOfOne }
  const transportLimits: Record<string, number> = { handshakeMs: HANDSHAKE_MS }
  const all = [limits, addressLimits, transportLimits, holdLimits]
  for (const text of texts) {
    const [name, value] = readNumber(text, "limit")
    const table = all.find((each) => Object.hasOwn(each, name))
    if (table === undefined && name !== "remembered") {
      const names = [...all.flatMap((each) => Object.keys(each)), "remembered"]
      throw new UsageError(`There is no limit "${name}"; there are ${names.join(", ")}.`)
    }
    if (value === 0) throw new UsageError(`--limit ${name} takes a number above 0.`)
    if (table !== undefined) table[name] = value
  }
  return {
    limits: { ...DEFAULT_LIMITS, ...limits },
    addressLimits: { ...DEFAULT_ADDRESS_LIMITS, ...addressLimits },
    handshakeMs: transportLimits["handshakeMs"] ?? HANDSHAKE_MS,
    holdLimits: {
      records: holdLimits["heldRecords"] ?? HOLD_LIMITS.records,
      recordsOfOne: holdLimits["heldRecordsOfOne"] ?? HOLD_LIMITS.recordsOfOne,
    },
  }
}

/** Reads `key.submission=BURST/SECOND` and the like. */
function readRates(texts: readonly string[], limits: readonly string[]): { readonly rates: HostOptions["rates"] } {
  const { key, address } = DEFAULT_RATES
  const table = { key: { ...key }, address: { ...address } }
  for (const text of texts) {
    const found = /^(key|address)\.(submission|query)=(\d{1,9})\/(\d{1,9})$/.exec(text)
    const [, who, what, burst, perSecond] = found ?? []
    if ((who !== "key" && who !== "address") || (what !== "submission" && what !== "query") || Number(burst) === 0)
      throw new UsageError(`--rate takes WHO.WHAT=BURST/SECOND, such as address.submission=50000/5000 or key.query=1000/50, not "${text}".`)
    table[who][what] = { burst: Number(burst), perSecond: Number(perSecond) }
  }
  const remembered = limits.map((text) => readNumber(text, "limit")).findLast(([name]) => name === "remembered")?.[1]
  return { rates: { ...table, remembered: remembered ?? DEFAULT_RATES.remembered } }
}
