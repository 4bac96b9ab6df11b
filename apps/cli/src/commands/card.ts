import { type Me, PATHS } from "@tessera/node/api"
import { type Command, UsageError } from "../command.ts"
import { nodeOptions, nodeOptionsHelp, withNode } from "../node-client.ts"

export const card: Command = {
  help: `tessera card [--data DIR] [--json]

Prints your card. Somebody who adds it reads your notes.

${nodeOptionsHelp}`,
  options: nodeOptions,
  async run(invocation) {
    const { output, words } = invocation
    if (words.length > 0) throw new UsageError("card takes no further words.")
    await withNode(invocation, async (ask) => {
      const me = await ask<Me>("GET", PATHS.me)
      if (output.json) output.value({ card: me.card.link, person: me.person, displayName: me.displayName })
      else output.line(me.card.link)
    })
    return 0
  },
}
