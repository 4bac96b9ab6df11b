import { expect, test } from "vitest"
import { crashRounds } from "./crash-rounds.ts"

const ROUNDS = 50

test(
  `killed at random moments, ${ROUNDS} times: what was promised is there, no batch by halves, and nothing that was taken back`,
  { timeout: 60_000 + ROUNDS * 2_000 },
  async () => {
    const figures = await crashRounds(ROUNDS)
    expect(figures.kills).toBe(ROUNDS)
    // Otherwise nothing would have been tried.
    expect(figures.batches).toBeGreaterThan(ROUNDS)
    expect(figures.retractions).toBeGreaterThan(ROUNDS / 10)
  },
)
