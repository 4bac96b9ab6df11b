import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { recordStoreContract } from "./contract/suite.ts"
import { openSqliteStore } from "./sqlite.ts"

for (const [name, key] of [["SQLite, encrypted", new Uint8Array(32).fill(7)], ["SQLite, plain", undefined]] as const) {
  recordStoreContract(name, {
    runs: Number(process.env["STORE_RUNS"] ?? (key === undefined ? 8 : 20)),
    place: async () => {
      const folder = await mkdtemp(join(tmpdir(), "tessera-store-"))
      return {
        open: async (now) => await openSqliteStore({ path: join(folder, "records.db"), now, ...(key !== undefined && { key }) }),
        [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
      }
    },
  })
}
