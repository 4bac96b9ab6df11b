import { PATHS } from "@tessera/node/api"
import type {
  ApiError,
  CardView,
  Me,
  NewNote,
  Note,
  NoteAddress,
  NoteHistory,
  PassphraseRequest,
  PeopleList,
  Person,
  PersonKey,
  ProfileRequest,
  RecoverySheet,
  RestoreRequest,
  Settings,
  SetupRequest,
  State,
  Suggestion,
  Thread,
  TimelinePage,
} from "@tessera/node/api"
import { token } from "../session/token.ts"
import { Refusal, Silence } from "./refusal.ts"

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

const whenRefused = new Set<(refusal: Refusal) => void>()

/** Calls back on each refusal, whoever asked: the session learns here that its token or its stage is gone. */
export function onRefusal(listener: (refusal: Refusal) => void): () => void {
  whenRefused.add(listener)
  return () => whenRefused.delete(listener)
}

/**
 * Sends one request to the node and returns its answer unread.
 * @throws {Silence} when nothing answers
 * @throws {Refusal} when the node says no
 */
export async function send(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token.peek()}` }
  if (body !== undefined) headers["Content-Type"] = "application/json"
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
    })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new Silence()
  }
  if (response.ok) return response
  const refusal = await readRefusal(response)
  for (const listener of whenRefused) listener(refusal)
  throw refusal
}

async function readRefusal(response: Response): Promise<Refusal> {
  try {
    const { error } = (await response.json()) as ApiError
    if (typeof error.message === "string" && error.message !== "") return new Refusal(error.code, error.message)
  } catch {
    // Not the node's own words: fall through to ours.
  }
  if (response.status === 401) return new Refusal("badToken", "This page belongs to an earlier start of Tessera.")
  return new Refusal("internal", `Tessera could not do that (it answered ${response.status}). Please try again.`)
}

async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(method, path, body, signal)
  try {
    return (await response.json()) as T
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new Silence()
  }
}

function timelinePath(limit: number, before?: string): string {
  return `${PATHS.timeline}?limit=${limit}${before === undefined ? "" : `&before=${encodeURIComponent(before)}`}`
}

/** Every request of the contract, by name. */
export const api = {
  state: () => ask<State>("GET", PATHS.state),
  suggestion: () => ask<Suggestion>("GET", PATHS.suggestion),
  setUp: (request: SetupRequest) => ask<Me>("POST", PATHS.setup, request),
  restore: (request: RestoreRequest) => ask<Me>("POST", PATHS.restore, request),
  unlock: (passphrase: string) => ask<Me>("POST", PATHS.unlock, { passphrase }),
  lock: () => ask<unknown>("POST", PATHS.lock, {}),
  me: () => ask<Me>("GET", PATHS.me),
  saveProfile: (request: ProfileRequest) => ask<Me>("PUT", PATHS.profile, request),
  changePassphrase: (request: PassphraseRequest) => ask<unknown>("POST", PATHS.passphrase, request),
  recoverySheet: (passphrase: string) => ask<RecoverySheet>("POST", PATHS.recoverySheet, { passphrase }),
  saveSettings: (settings: Partial<Settings>) => ask<Settings>("PATCH", PATHS.settings, settings),
  timeline: (limit: number, before?: string) => ask<TimelinePage>("GET", timelinePath(limit, before)),
  post: (note: NewNote) => ask<Note>("POST", PATHS.notes, note),
  edit: (address: NoteAddress, text: string) => ask<Note>("PUT", PATHS.note(address), { text }),
  thread: (address: NoteAddress) => ask<Thread>("GET", PATHS.thread(address)),
  history: (address: NoteAddress) => ask<NoteHistory>("GET", PATHS.history(address)),
  lookAtCard: (card: string, signal: AbortSignal) => ask<CardView>("POST", PATHS.lookAtCard, { card }, signal),
  people: () => ask<PeopleList>("GET", PATHS.people),
  follow: (card: string, petname?: string) => ask<Person>("POST", PATHS.people, petname === undefined ? { card } : { card, petname }),
  rename: (key: PersonKey, petname: string) => ask<Person>("PATCH", PATHS.person(key), { petname }),
  stopFollowing: (key: PersonKey) => ask<unknown>("DELETE", PATHS.person(key)),
  picture: async (key: PersonKey, version: string) => (await send("GET", PATHS.picture(key, version))).blob(),
}
