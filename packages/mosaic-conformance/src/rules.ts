import type { Rule } from "./rule.ts"
import { blob } from "./rules/blob.ts"
import { dht } from "./rules/dht.ts"
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
import { submission } from "./rules/submission.ts"
import { subscribe } from "./rules/subscribe.ts"
import { tcp } from "./rules/tcp.ts"

/** Every rule, in the order in which they are told. */
export const RULES: readonly Rule[] = [
  ...tcp,
  ...helloRules,
  ...framing,
  ...get,
  ...query,
  ...subscribe,
  ...submission,
  ...recordInvalid,
  ...filterRules,
  ...filterInvalid,
  ...kind,
  ...readingRights,
  ...keySchedule,
  ...network,
  ...blob,
  ...dht,
]
