import type { SeededRandom } from "../simulation/random.ts"

/** How a network behaves between two machines. Times in milliseconds. */
export interface Weather {
  /** What a byte needs from one to the other at least. */
  readonly latency: number
  /** What is added to it, at most; bytes never overtake each other. */
  readonly jitter: number
  /** Connections break at random, one in this time on average; never when left out. */
  readonly cutEvery?: number
  /** `whole`: bytes come as they were written. `pieces`: cut and joined at random. `bytes`: one at a time. */
  readonly chunks: "whole" | "pieces" | "bytes"
  /** How long a sender goes on when nothing arrives any more. */
  readonly giveUpAfter: number
}

/** A home network on a good day. */
export const FAIR_WEATHER: Weather = { latency: 2, jitter: 3, chunks: "pieces", giveUpAfter: 60_000 }

/** Cuts bytes as the weather has it. */
export function cutIntoChunks(bytes: Uint8Array, weather: Weather, random: SeededRandom): readonly Uint8Array[] {
  if (weather.chunks === "whole" || bytes.length <= 1) return [bytes]
  const chunks: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const length = weather.chunks === "bytes" ? 1 : random.integer(1, Math.max(16, bytes.length))
    chunks.push(bytes.slice(at, at + length))
    at += length
  }
  return chunks
}
