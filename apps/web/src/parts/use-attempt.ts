import { useSignal } from "@preact/signals"
import { sentenceFor } from "../api/refusal.ts"

/** One thing that a form tries: whether it is under way, and the sentence that says why it was refused. */
export interface Attempt {
  readonly busy: boolean
  readonly refused: string
  /** Runs the work unless some is under way; true when it was done. */
  readonly run: (work: () => Promise<unknown>) => Promise<boolean>
  /** Says why without asking the node. */
  readonly refuse: (sentence: string) => void
}

export function useAttempt(): Attempt {
  const busy = useSignal(false)
  const refused = useSignal("")
  return {
    busy: busy.value,
    refused: refused.value,
    refuse: (sentence) => (refused.value = sentence),
    run: async (work) => {
      if (busy.peek()) return false
      busy.value = true
      refused.value = ""
      try {
        await work()
        return true
      } catch (error) {
        refused.value = sentenceFor(error)
        return false
      } finally {
        busy.value = false
      }
    },
  }
}
