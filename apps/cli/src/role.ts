import { UsageError } from "./command.ts"

/** The roles of a Mosaic server. (Specification: network) */
export const ROLES = ["outbox", "inbox", "encryption"] as const
export type Role = (typeof ROLES)[number]

/** @throws UsageError when there is no such role. */
export function readRole(text: string): Role {
  const role = ROLES.find((each) => each === text)
  if (role === undefined) throw new UsageError(`There is no role "${text}"; there are ${ROLES.join(", ")}.`)
  return role
}
