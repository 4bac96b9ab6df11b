/** Result codes of all messages, one byte (specification, "Result Codes"). */
export const RESULT = {
  UNDEFINED: 0,
  SUCCESS: 1,
  ACCEPTED: 2,
  DUPLICATE: 3,
  NO_CONSUMERS: 4,
  NOT_FOUND: 16,
  REQUIRES_AUTHENTICATION: 32,
  UNAUTHORIZED: 33,
  INVALID: 36,
  TOO_OPEN: 37,
  TOO_LARGE: 38,
  TOO_FAST: 39,
  IP_TEMP_BANNED: 48,
  IP_PERM_BANNED: 49,
  PUBKEY_TEMP_BANNED: 50,
  PUBKEY_PERM_BANNED: 51,
  SHUTTING_DOWN: 64,
  TEMPORARY_ERROR: 65,
  PERSISTENT_ERROR: 66,
  GENERAL_ERROR: 67,
} as const

/** The name of a result code, as the specification writes it. */
export type ResultName = keyof typeof RESULT
/** A result code that the specification defines. */
export type ResultCode = (typeof RESULT)[ResultName]

const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RESULT).map(([name, code]) => [code, name]))

/** Whether the specification defines this code. */
export const isResultCode = (code: number): code is ResultCode => NAMES.has(code)

/** A code's name as the specification writes it, such as `TOO_OPEN`; `RESULT_200` for a code that it does not define. */
export const resultName = (code: number): string => NAMES.get(code) ?? `RESULT_${code}`
