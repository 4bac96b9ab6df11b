import type { Rule } from "./rule.ts"
import { blob } from "./rules/blob.ts"
import { dht } from "./rules/dht.ts"
import { cryptography } from "./rules/cryptography.ts"
import { filterInvalid } from "./rules/filter-invalid.ts"
import { filterRules } from "./rules/filter.ts"
import { framing } from "./rules/framing.ts"
import { get } from "./rules/get.ts"
import { helloRules } from "./rules/hello.ts"
import { keySchedule } from "./rules/key-schedule.ts"
import { kind } from "./rules/kind.ts"
import { network } from "./rules/network.ts"
import { query } from "./rules/query.ts"
import { readingRights } from "./rules/reading-rights.ts"
import { recordInvalid } from "./rules/record-invalid.ts"
import { replaced } from "./rules/replaced.ts"
import { submission } from "./rules/submission.ts"
import { subscribe } from "./rules/subscribe.ts"
import { syncRules } from "./rules/sync.ts"
import { tcp } from "./rules/tcp.ts"
import { webSocketAuthRules } from "./rules/websocket-auth.ts"
import { webSocketRules } from "./rules/websocket.ts"

/** Every rule, in the order in which they are told. */
export const RULES: readonly Rule[] = [
  ...tcp,
  ...webSocketRules,
  ...webSocketAuthRules,
  ...helloRules,
  ...framing,
  ...get,
  ...query,
  ...subscribe,
  ...submission,
  ...recordInvalid,
  ...cryptography,
  ...filterRules,
  ...filterInvalid,
  ...kind,
  ...replaced,
  ...readingRights,
  ...keySchedule,
  ...network,
  ...blob,
  ...syncRules,
  ...dht,
]
