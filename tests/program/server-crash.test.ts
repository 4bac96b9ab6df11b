import { expect, test } from "vitest"
import { crashServerRounds } from "./server-crash.ts"

const ROUNDS = 8

test(
  `a server that is killed ${ROUNDS} times while people write to it has all that it acknowledged`,
  { timeout: 20_000 + ROUNDS * 5_000 },
  async () => {
    const { kills, acknowledged } = await crashServerRounds(ROUNDS)
    expect(kills).toBe(ROUNDS)
    // Otherwise nothing would have been tried.
    expect(acknowledged).toBeGreaterThan(ROUNDS * 5)
  },
)
