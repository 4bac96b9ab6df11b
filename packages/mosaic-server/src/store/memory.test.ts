import { recordStoreContract } from "./contract/suite.ts"
import { openMemoryStore } from "./memory.ts"

recordStoreContract("memory", {
  forgets: true,
  runs: 60,
  place: async () => ({
    open: async (now, elapsed) => openMemoryStore({ now, ...(elapsed !== undefined && { elapsed }) }),
    [Symbol.asyncDispose]: async () => {},
  }),
})
