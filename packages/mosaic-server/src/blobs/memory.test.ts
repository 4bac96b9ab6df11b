import { blobStoreContract } from "./contract/suite.ts"
import { openMemoryBlobs } from "./memory.ts"

blobStoreContract("in memory", {
  place: async () => ({ open: async (options) => openMemoryBlobs(options), [Symbol.asyncDispose]: async () => {} }),
  forgets: true,
})
