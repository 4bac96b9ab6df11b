/** How far an address reaches: this machine, this link, a private network, or the internet. */
export type AddressScope = "loopback" | "linkLocal" | "private" | "public"

/** Reads `192.168.1.7` to 4 bytes or an IPv6 address (a zone such as `%eth0` is dropped) to 16 bytes; `undefined` for anything else. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text)
}

/**
 * Writes 4 bytes as `192.168.1.7`, 16 bytes as RFC 5952 says (`fd00::1`).
 * @throws {RangeError} for any other length.
 */
export function formatIpAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".")
  if (bytes.length !== 16) throw new RangeError("an IP address has 4 or 16 bytes")
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16))
  const zeros = longestZeroRun(groups)
  if (zeros === undefined) return groups.join(":")
  return `${groups.slice(0, zeros.start).join(":")}::${groups.slice(zeros.end).join(":")}`
}

/** An IP address in the one form that a card has for it; `undefined` when the text is no IP address. */
export function formatHost(text: string): string | undefined {
  const bytes = parseIpAddress(text)
  return bytes === undefined ? undefined : formatIpAddress(bytes)
}

/**
 * How far an address reaches; `undefined` when the text is no IP address. IPv4 inside IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
 * Ranges: RFC 1918, 3927, 4193, 4291, 6598 (carrier-grade and overlay networks count as private).
 */
export function addressScope(text: string): AddressScope | undefined {
  const bytes = parseIpAddress(text)
  if (bytes === undefined) return undefined
  const mapped = bytes.length === 16 && bytes.subarray(0, 10).every((b) => b === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return bytes.length === 16 && !mapped ? scopeOfIpv6(bytes) : scopeOfIpv4(mapped ? bytes.subarray(12) : bytes)
}

function scopeOfIpv4(bytes: Uint8Array): AddressScope {
  const [a = 0, b = 0] = bytes
  if (a === 127) return "loopback"
  if (a === 169 && b === 254) return "linkLocal"
  const isPrivate = a === 10 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) || (a === 100 && b >= 64 && b < 128)
  return isPrivate ? "private" : "public"
}

function scopeOfIpv6(bytes: Uint8Array): AddressScope {
  const [a = 0, b = 0] = bytes
  if (bytes.every((byte, i) => byte === (i === 15 ? 1 : 0))) return "loopback"
  if (a === 0xfe && (b & 0xc0) === 0x80) return "linkLocal"
  return (a & 0xfe) === 0xfc ? "private" : "public"
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".")
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) return undefined
  return Uint8Array.from(parts, Number)
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 100) return undefined
  let body = text.replace(/%[0-9A-Za-z._-]+$/, "")
  const tail = /^(.*:)([0-9.]+\.[0-9.]+)$/.exec(body)
  if (tail !== null) {
    const [a, b, c, d] = parseIpv4(tail[2] ?? "") ?? []
    if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined
    body = `${tail[1] ?? ""}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  }
  const halves = body.split("::")
  const [head = [], rest = []] = halves.map((half) => (half === "" ? [] : half.split(":")))
  const missing = 8 - head.length - rest.length
  if (halves.length > 2 || (halves.length === 2 ? missing < 1 : missing !== 0)) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => "0"), ...rest]
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined
  return Uint8Array.from(groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]))
}

function longestZeroRun(groups: readonly string[]): { start: number; end: number } | undefined {
  let best: { start: number; end: number } | undefined
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === "0") end++
    if (end - start > 1 && (best === undefined || end - start > best.end - best.start)) best = { start, end }
    if (end > start) start = end
  }
  return best
}
