/** A version of tor: four numbers. */
export type TorVersion = readonly [number, number, number, number]

/** The first that takes the proof-of-work options with a service, and so the oldest that we drive. */
export const OLDEST_TOR: TorVersion = [0, 4, 9, 5]

/** Reads what `tor --version` prints; `undefined` when it is no tor. */
export function parseTorVersion(text: string): TorVersion | undefined {
  const found = /^Tor version (\d{1,4})\.(\d{1,4})\.(\d{1,4})\.(\d{1,4})/mu.exec(text)
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3]), Number(found[4])]
}

export const formatTorVersion = (version: TorVersion): string => version.join(".")

/** Whether `version` is at least `oldest`. */
export function isAtLeast(version: TorVersion, oldest: TorVersion): boolean {
  const differs = version.findIndex((part, index) => part !== oldest[index])
  return differs < 0 || (version[differs] ?? 0) > (oldest[differs] ?? 0)
}
