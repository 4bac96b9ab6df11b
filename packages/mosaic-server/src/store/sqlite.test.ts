import { join } from "node:path"
import { temporaryFolder } from "./contract/folder.ts"
import { recordStoreContract } from "./contract/suite.ts"
import { openSqliteStore } from "./sqlite.ts"

for (const [name, key, runs] of [
  ["SQLite, encrypted", new Uint8Array(32).fill(7), 12],
  ["SQLite, plain", undefined, 3],
] as const) {
  recordStoreContract(name, {
    runs: Number(process.env["STORE_RUNS"] ?? runs),
    place: async () => {
      const folder = await temporaryFolder()
      return {
        open: async (now, elapsed) => {
          const options = { ...(key !== undefined && { key }), ...(elapsed !== undefined && { elapsed }) }
          return await openSqliteStore({ path: join(folder.path, "records.db"), now, ...options })
        },
        [Symbol.asyncDispose]: async () => await folder[Symbol.asyncDispose](),
      }
    },
  })
}
