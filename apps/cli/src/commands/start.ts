import type { DoorPlace, Node } from "@tessera/node"
import { startApi, startControlSocket } from "@tessera/node"
import { PortInUseError } from "@tessera/node/adapters"
import { loadAssets } from "../assets.ts"
import { openInBrowser } from "../browser.ts"
import { type Command, CommandError, type Invocation, isSet, numberOption, textOption, UsageError } from "../command.ts"
import { untilAborted } from "../ending.ts"
import { runningPageOf } from "../node-client.ts"
import type { Output } from "../output.ts"
import { getPassphrase } from "../passphrase.ts"
import { controlPathOf } from "../control-path.ts"
import { dataFolderOf, newToken, openPersonNode, saidPlainly } from "../person-node.ts"

/** Where the page is when nobody says otherwise and nothing else is there. */
const USUAL_PORT = 7717

function readDoor(invocation: Invocation): DoorPlace | undefined {
  const text = textOption(invocation, "door")
  if (text === undefined) return undefined
  const match = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535)
    throw new UsageError(`--door takes HOST:PORT, such as 0.0.0.0:4000 or [::]:4000, not "${text}".`)
  return { host, port }
}

/** A card to open, as it stands in the page's address behind the token; nothing when none was given. */
function readCard({ words }: Invocation): string {
  const [card, ...rest] = words
  if (card === undefined) return ""
  if (rest.length > 0 || !/^tessera:[a-z0-9]{1,300}$/i.test(card))
    throw new UsageError(`"${card}" is neither an option nor a card (tessera:…).`)
  return `&card=${card}`
}

/** Starting what runs already opens its page again. */
async function openRunningPage(folder: string, card: string, output: Output): Promise<boolean> {
  const running = await runningPageOf(folder)
  if (running === undefined || !(await openInBrowser(`${running}${card}`))) return false
  output.say(`Tessera is already running on this folder (${folder}); its page was opened again.`)
  return true
}

/** With a passphrase file no browser is needed: the person is set up, or let in. */
async function enter(node: Node, invocation: Invocation, passphrase: string): Promise<void> {
  const name = textOption(invocation, "name")
  if (node.state.stage === "new") {
    if (name === undefined) throw new UsageError("Nobody is set up in this folder yet. Say what people should call you with --name NAME.")
    await saidPlainly(() => node.setup({ name, passphrase }))
    return
  }
  await saidPlainly(() => node.unlock(passphrase, { signal: invocation.signal }))
}

async function serveApi(node: Node, invocation: Invocation) {
  const wished = numberOption(invocation, "port", 0, 65_535)
  const options = { node, assets: await loadAssets(), token: newToken(), onFailure: (error: unknown) => reportFailure(error, invocation) }
  try {
    return await startApi({ ...options, port: wished ?? USUAL_PORT })
  } catch (error) {
    if (!(error instanceof PortInUseError)) throw error
    if (wished !== undefined)
      throw new CommandError("portInUse", `${error.message} Choose another with --port, or leave it out.`, { cause: error })
    return await startApi({ ...options, port: 0 })
  }
}

/** Says where something went wrong, without the message, which might hold what somebody wrote. */
function reportFailure(error: unknown, { output }: Invocation): void {
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at ")) : []
  output.say([`Something went wrong inside Tessera (${error instanceof Error ? error.name : typeof error}).`, ...frames].join("\n"))
}

export const start: Command = {
  help: `tessera start [--data DIR] [--port N] [--no-open] [--json] [--passphrase-file F [--name NAME]] [CARD]

Starts your Tessera and opens its page in the browser. It runs until you end it (Ctrl-C or SIGTERM).
When it runs already, its page is opened again.

  CARD                  a card (tessera:…) to open on the page
  --data DIR            where your data is, encrypted (the system's place for it when not given); two folders are two people
  --port N              where the page is on this machine: http://127.0.0.1:N (${USUAL_PORT} or a free one when not given; 0: a free one)
  --no-open             do not open the browser
  --json                print {"event":"ready","url":"…"} when ready; opening that address is enough to be let in
  --passphrase-file F   unlock, or set up, without the browser; the passphrase is the first line of F
  --name NAME           with --passphrase-file in a new folder: what people should call you
  --door HOST:PORT      where friends reach you, from any network; when not given: only from this machine and your local network, at a port of its own`,
  options: {
    data: { type: "string" },
    port: { type: "string" },
    "no-open": { type: "boolean" },
    "passphrase-file": { type: "string" },
    name: { type: "string" },
    door: { type: "string" },
  },
  async run(invocation) {
    const { output, signal } = invocation
    const card = readCard(invocation)
    const file = textOption(invocation, "passphrase-file")
    if (file === undefined && textOption(invocation, "name") !== undefined)
      throw new UsageError("--name goes with --passphrase-file; otherwise the page asks for it.")
    const folder = dataFolderOf(invocation)
    const door = readDoor(invocation)
    if (!isSet(invocation, "no-open") && (await openRunningPage(folder, card, output))) return 0
    const passphrase = file === undefined ? undefined : await getPassphrase(file)
    await using resources = new AsyncDisposableStack()
    const node = resources.use(await openPersonNode(folder, door))
    if (passphrase !== undefined) await enter(node, invocation, passphrase)
    const api = resources.use(await serveApi(node, invocation))
    const pageUrl = `${api.url}${card}`
    resources.use(
      await startControlSocket({
        node,
        path: controlPathOf(folder),
        pageUrl: api.url,
        onFailure: (error) => reportFailure(error, invocation),
      }),
    )
    if (output.json) output.value({ event: "ready", url: pageUrl })
    else output.line(`Tessera is ready: ${pageUrl}\nEnd it with Ctrl-C.`)
    if (!isSet(invocation, "no-open") && !(await openInBrowser(pageUrl)))
      output.say("No browser could be opened. Open the address above yourself.")
    await untilAborted(signal)
    return 0
  },
}
