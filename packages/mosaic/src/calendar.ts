/** A day of the Gregorian calendar as `YYYY-MM-DD`. `day` counts from 1970-01-01, at least 0. Years start in March here, so that a leap day is their last. */
export function formatDay(day: number): string {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const month = Math.floor((5 * dayOfYear + 2) / 153)
  const year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
  return [year, month < 10 ? month + 3 : month - 9, dayOfYear - Math.floor((153 * month + 2) / 5) + 1].map(twoDigits).join("-")
}

/** A time of day as `HH:MM:SS`. `second` counts from midnight, below 86,400. */
export function formatTimeOfDay(second: number): string {
  return [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60].map(twoDigits).join(":")
}

function twoDigits(value: number): string {
  return value.toString().padStart(2, "0")
}
