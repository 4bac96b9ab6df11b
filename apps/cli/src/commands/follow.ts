import { PATHS, type Person } from "@tessera/node/api"
import { type Command, UsageError } from "../command.ts"
import { nodeOptions, nodeOptionsHelp, withNode } from "../node-client.ts"

export const follow: Command = {
  help: `tessera follow [--data DIR] [--json] CARD

Follows the owner of a card (tessera:…) and prints their name and the safety words. Compare these with what they see: the same words on both
sides mean that nobody stands between you.

${nodeOptionsHelp}`,
  options: nodeOptions,
  async run(invocation) {
    const { output, words } = invocation
    const [link, ...rest] = words
    if (link === undefined || rest.length > 0) throw new UsageError("Give one card.")
    await withNode(invocation, async (ask) => {
      const person = await ask<Person>("POST", PATHS.people, { card: link })
      if (output.json) output.value(person)
      else output.line(`${person.label}\n${person.safetyWords.join(" ")}`)
    })
    return 0
  },
}
