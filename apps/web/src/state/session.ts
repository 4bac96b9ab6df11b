import { signal } from "@preact/signals"

/**
 * Where the person stands. `outside`: opened without the address that lets in; `ended`: that address was of an earlier start;
 * the rest are the stages of the node.
 */
export type Stage = "loading" | "outside" | "ended" | "new" | "locked" | "open"

export const stage = signal<Stage>("loading")

/** Whether the node answers; the page says so quietly when it does not. */
export const answering = signal(true)

/** A sentence of the node about something that is wrong now; empty when all is well. */
export const trouble = signal("")
