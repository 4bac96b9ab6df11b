import { RESULT, type ResultCode } from "@tessera/mosaic"
import type { Ban, BanList } from "./ban-list.ts"
import { remoteAddress } from "./ip-address.ts"
import { ALLOWED, type Policy, refuse } from "./policy.ts"

/** The code for somebody who is banned, by address or by key, for a time or for good (specification, "User Rejections"). */
export function banCode({ subject, until }: Ban): ResultCode {
  if (subject.type === "address") return until === undefined ? RESULT.IP_PERM_BANNED : RESULT.IP_TEMP_BANNED
  return until === undefined ? RESULT.PUBKEY_PERM_BANNED : RESULT.PUBKEY_TEMP_BANNED
}

/**
 * Keeps those who are banned out: by their address, by the key that they prove or its master, and what a banned key wrote or signed, whoever brings
 * it. What was stored before the ban stays: that is for the owner to remove.
 */
export function bansPolicy(bans: BanList): Policy {
  const verdict = (ban: Ban | undefined) => (ban === undefined ? ALLOWED : refuse(banCode(ban), "banned"))
  return {
    async welcome({ remote, key }, context) {
      const ban = bans.ofAddress(remoteAddress(remote)) ?? (key === undefined ? undefined : bans.ofKey(key))
      if (ban !== undefined || key === undefined || !bans.hasKeys) return verdict(ban)
      return verdict(bans.ofKey(await context.masterOf(key)))
    },
    admit: ({ author, signer }) => verdict(bans.ofKey(author) ?? bans.ofKey(signer)),
    mayRead: () => true,
    onChange: (listener) => bans.onAdded(() => listener({ type: "unwelcome" })),
    async tidy() {
      bans.expire()
    },
  }
}
