import { signal } from "@preact/signals"
import type { RecoverySheet } from "@tessera/node/api"

/** The recovery sheet while its page is open; forgotten when it is left. */
export const sheet = signal<RecoverySheet | undefined>(undefined)
