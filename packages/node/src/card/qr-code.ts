import encodeQR from "qr"

/** A QR code as one SVG path of unit squares in a viewBox of `0 0 size size`, quiet zone of four squares included. */
export interface QrCode {
  readonly size: number
  readonly path: string
}

/**
 * Draws a text. A text that stays the same in capitals' reading (cards, recovery sheets) should be given in capitals: the code gets coarser, so easier to scan.
 * @throws {RangeError} for a text of more than 1,000 characters.
 */
export function makeQrCode(text: string): QrCode {
  if (text.length > 1_000) throw new RangeError("text must be at most 1,000 characters")
  const rows = encodeQR(text, "raw", { ecc: "medium", border: 4 })
  const squares: string[] = []
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue
      let end = x
      while (row[end] === true) end++
      squares.push(`M${x} ${y}h${end - x}v1h-${end - x}z`)
      x = end
    }
  })
  return { size: rows.length, path: squares.join("") }
}
