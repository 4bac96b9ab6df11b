/**
 * The IANA leap second list as of 2026: NTP time from which an offset TAI - UTC holds, and that offset.
 *
 * @see https://data.iana.org/time-zones/data/leap-seconds.list
 */
const LIST: readonly (readonly [ntp: number, taiOffset: number])[] = [
  [2272060800, 10],
  [2287785600, 11],
  [2303683200, 12],
  [2335219200, 13],
  [2366755200, 14],
  [2398291200, 15],
  [2429913600, 16],
  [2461449600, 17],
  [2492985600, 18],
  [2524521600, 19],
  [2571782400, 20],
  [2603318400, 21],
  [2634854400, 22],
  [2698012800, 23],
  [2776982400, 24],
  [2840140800, 25],
  [2871676800, 26],
  [2918937600, 27],
  [2950473600, 28],
  [2982009600, 29],
  [3029443200, 30],
  [3076704000, 31],
  [3124137600, 32],
  [3345062400, 33],
  [3439756800, 34],
  [3550089600, 35],
  [3644697600, 36],
  [3692217600, 37],
]
const NTP_TO_UNIX = 2_208_988_800
const SECOND = 1_000_000_000n

/** From `unix` (nanoseconds) on, `elapsed` (nanoseconds) of leap seconds have been inserted. Ascending. */
const LEAPS = LIST.map(([ntp, tai]) => ({ unix: BigInt(ntp - NTP_TO_UNIX) * SECOND, elapsed: BigInt(tai - 9) * SECOND }))

/** Leap nanoseconds elapsed at a Unix time in nanoseconds. */
export function leapAtUnix(unix: bigint): bigint {
  return LEAPS.findLast((leap) => leap.unix <= unix)?.elapsed ?? 0n
}

/**
 * The Unix time in nanoseconds of a moment given in nanoseconds really elapsed, and how far into a leap second it lies.
 * Unix time cannot name a leap second: within one it stands still at the second that follows, and so never runs backwards.
 */
export function unixAtElapsed(elapsed: bigint): { unix: bigint; intoLeap: bigint | undefined } {
  const leap = LEAPS.findLast((candidate) => candidate.unix + candidate.elapsed - SECOND <= elapsed)
  if (leap === undefined) return { unix: elapsed, intoLeap: undefined }
  const unix = elapsed - leap.elapsed
  return unix < leap.unix ? { unix: leap.unix, intoLeap: unix + SECOND - leap.unix } : { unix, intoLeap: undefined }
}
