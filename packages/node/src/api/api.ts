import type { Hono } from "hono"
import type { Node } from "../node.ts"
import type { Clock } from "../ports.ts"
import { Refusal } from "../refusal.ts"
import type { Assets } from "./assets.ts"

/** What node:http gives along with a request; absent where there is no socket. */
export interface Bindings {
  readonly incoming?: { destroy(): void }
}

export type Api = Hono<{ Bindings: Bindings }>

export interface ApiOptions {
  readonly node: Node
  readonly clock: Clock
  readonly assets: Assets
  /** Ends the streams of events. */
  readonly signal: AbortSignal
  /** A failure of ours, of which the person is told only that there was one. It holds nothing of the request. */
  readonly onFailure?: (error: unknown) => void
}

/** A part of a path or query that is not as it must be. */
export function badPart(what: string): Refusal {
  return new Refusal("badRequest", `This request is not understood: ${what}.`)
}
