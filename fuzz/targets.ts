import type { Target } from "./target.ts"
import { bootstrapTarget, dhtTarget, urlTarget } from "./targets/discovery.ts"
import { filterTarget } from "./targets/filters.ts"
import { frameTarget, messageTarget } from "./targets/frames.ts"
import * as identity from "./targets/identity.ts"
import { webpTarget, zstdTarget } from "./targets/payload.ts"
import * as records from "./targets/records.ts"
import { helloAckTarget, helloTarget, webSocketTarget } from "./targets/websocket.ts"
import { initiatorTarget, responderTarget } from "./targets/sync.ts"

/** Everything that reads what strangers send. */
export const TARGETS: readonly Target[] = [
  frameTarget,
  messageTarget,
  filterTarget,
  records.recordTarget,
  records.signatureTarget,
  records.tagTarget,
  records.referenceTarget,
  records.recordTextTarget,
  identity.keyScheduleTarget,
  identity.keptTarget,
  identity.profileTarget,
  identity.keyTextTarget,
  identity.referenceTextTarget,
  identity.publicKeyTarget,
  identity.certificateTarget,
  urlTarget,
  bootstrapTarget,
  dhtTarget,
  zstdTarget,
  webpTarget,
  responderTarget,
  initiatorTarget,
  webSocketTarget,
  helloTarget,
  helloAckTarget,
  identity.admissionTarget,
  identity.serviceUrlTarget,
]
