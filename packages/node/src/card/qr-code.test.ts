import { parseSecretKey, publicKeyOf } from "@tessera/mosaic"
import decodeQR from "qr/decode.js"
import { expect, test } from "vitest"
import { chooseHints, formatCard, makeQrCode, parseCard } from "./card.ts"
import type { QrCode } from "./card.ts"

/** Draws the path as a screen would, `scale` pixels a square. */
function paint({ size, path }: QrCode, scale: number): { width: number; height: number; data: Uint8Array } {
  const width = size * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\3z/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      for (let column = Number(x) * scale; column < (Number(x) + Number(run)) * scale; column++)
        data.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3)
    }
  }
  return { width, height: width, data }
}

test("a card's code is read by a camera as the same card", () => {
  const key = (seed: number): ReturnType<typeof publicKeyOf> => publicKeyOf(parseSecretKey(new Uint8Array(32).fill(seed)))
  const card = { person: key(1), door: key(2), hints: chooseHints(["192.168.1.7", "fd00::7"], 12_345) }
  const text = formatCard(card)
  const code = makeQrCode(text.toUpperCase())
  expect(parseCard(decodeQR(paint(code, 4)))).toEqual(card)
  // In capitals a coarser code is enough.
  expect(code.size).toBeLessThan(makeQrCode(text).size)
})

test("a code is nothing but squares within its box, with four squares of margin", () => {
  const { size, path } = makeQrCode("TESSERA")
  expect(path).toMatch(/^(M\d+ \d+h\d+v1h-\d+z)+$/)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(4)
    expect(Number(y)).toBeGreaterThanOrEqual(4)
    expect(Number(x) + Number(run)).toBeLessThanOrEqual(size - 4)
    expect(Number(y)).toBeLessThan(size - 4)
  }
  expect(() => makeQrCode("x".repeat(1_001))).toThrow(RangeError)
})
