/**
 * A stream of whole numbers that depends on the text alone (four-lane mixing into the sfc32 generator): the same tile for the same key,
 * on every device. For looks only; nothing is protected by it.
 */
export function seeded(text: string): (below: number) => number {
  let [a, b, c, d] = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    a = Math.imul(a ^ unit, 0x9e3779b1)
    b = Math.imul(b ^ a ^ (a >>> 15), 0x85ebca77)
    c = Math.imul(c ^ b ^ (b >>> 13), 0xc2b2ae3d)
    d = Math.imul(d ^ c ^ (c >>> 16), 0x27d4eb2f)
    a ^= d >>> 14
  }
  const next = () => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return sum >>> 0
  }
  for (let round = 0; round < 12; round++) next()
  return (below) => Math.floor((next() / 2 ** 32) * below)
}
