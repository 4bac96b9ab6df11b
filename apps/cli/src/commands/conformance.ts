import { parseServerKey, type SecretKey } from "@tessera/mosaic"
import { type Outcome, parseTarget, type RuleResult, runConformance, type Target } from "@tessera/mosaic-conformance"
import { type Command, type Invocation, isSet, textOption, textOptions, UsageError } from "../command.ts"
import { readable } from "../readable.ts"
import { readRole } from "../role.ts"
import { readSecretKeyInput } from "../secret-key-input.ts"

const WORDS: Readonly<Record<Outcome, string>> = { ok: "ok", failed: "FAIL", differs: "differ", skipped: "skip" }

async function readTarget(invocation: Invocation): Promise<Target> {
  const [url, ...rest] = invocation.words
  if (url === undefined || rest.length > 0) throw new UsageError("Name one server: mosaictcp://HOST[:PORT] or mosaicwss://HOST[:PORT].")
  const key = textOption(invocation, "server-key")
  const serverKey = key === undefined ? undefined : readable("server's key (mosrv0…)", key, parseServerKey)
  const members: SecretKey[] = []
  for (const path of textOptions(invocation, "member-secret")) members.push(await readSecretKeyInput(path))
  try {
    const roles = textOptions(invocation, "role").map(readRole)
    return parseTarget(url, {
      members,
      ...(serverKey === undefined ? {} : { serverKey }),
      ...(roles.length === 0 ? {} : { roles: new Set(roles) }),
    })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}

function print({ output }: Invocation, result: RuleResult): void {
  if (output.json) {
    output.value(result)
    return
  }
  output.line(`${WORDS[result.outcome].padEnd(6)} ${result.level.padEnd(7)} ${result.page.padEnd(34)} ${result.title}`)
  if (result.detail !== undefined) output.line(`${" ".repeat(15)}${result.detail}`)
}

export const conformance: Command = {
  help: `tessera conformance URL [--server-key KEY] [--member-secret FILE …] [--role ROLE …] [--only PAGE] [--spec-only] [--json]

Tries every rule of the Mosaic specification that can be seen from outside with a server, one line a rule: whether it is kept, how binding it is,
the page of the specification, and what it says. MUST and SHOULD are the specification's; SETTLED is what it leaves open and docs/mosaic-gaps.md settles.
The server keeps the records that this writes: look at a server of your own, or one made for it.

  URL                   mosaictcp://HOST[:PORT] or mosaicwss://HOST[:PORT]
  --server-key KEY      the key that the server should prove (mosrv0…)
  --member-secret FILE  a member's secret key (mosec0…), as often as needed, of a server that serves only its members. Records are written
                        in their names, never key schedules
  --role ROLE           what the server is said to be for its members: outbox, inbox, encryption, as often as needed. When not given it is
                        found out by what it takes, and rules of other roles are skipped
  --only PAGE           only rules of this page (messages, filter#since, …), or with an id that starts so
  --spec-only           what is only SETTLED does not count
  --json                one JSON object a line for each rule

Exit code 1 when a rule that counts is not kept.`,
  options: {
    "server-key": { type: "string" },
    "member-secret": { type: "string", multiple: true },
    role: { type: "string", multiple: true },
    only: { type: "string" },
    "spec-only": { type: "boolean" },
  },
  async run(invocation) {
    const target = await readTarget(invocation)
    const only = textOption(invocation, "only")
    const { output, signal } = invocation
    const counts: Record<Outcome, number> = { ok: 0, failed: 0, differs: 0, skipped: 0 }
    const options = { target, specOnly: isSet(invocation, "spec-only"), signal, ...(only === undefined ? {} : { only }) }
    for await (const result of runConformance(options)) {
      counts[result.outcome] += 1
      print(invocation, result)
    }
    if (Object.values(counts).every((count) => count === 0)) throw new UsageError(`There is no rule of "${only ?? ""}".`)
    if (!output.json) {
      output.line(`${counts.ok} kept, ${counts.failed} not kept, ${counts.differs} differ without counting, ${counts.skipped} not tried`)
    }
    return counts.failed === 0 ? 0 : 1
  },
}
