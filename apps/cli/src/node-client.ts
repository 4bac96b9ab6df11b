import { lstat } from "node:fs/promises"
import { type IncomingMessage, request } from "node:http"
import type { ApiError } from "@tessera/node/api"
import { type Node, PAGE_PATH, startControlSocket } from "@tessera/node"
import { CommandError, type Invocation, textOption } from "./command.ts"
import { getPassphrase } from "./passphrase.ts"
import { controlPathOf } from "./control-path.ts"
import { dataFolderOf, openPersonNode, saidPlainly } from "./person-node.ts"

/** An answer of a node is never longer: 100 notes with texts, pictures apart. */
const ANSWER_LIMIT = 16 * 1024 * 1024

/** How long a node that is just starting is waited for: ten seconds. */
const STARTING_ATTEMPTS = 50
const STARTING_PAUSE_MS = 200

/** Asks a node over its control socket. */
export type Ask = <T>(method: "GET" | "POST", path: string, body?: unknown) => Promise<T>

/**
 * Runs `act` with the node of the folder: the one that runs there, else one that is started for it and ended after.
 * @throws CommandError when nobody is set up there, when the node is locked, or when it declines.
 */
export async function withNode(invocation: Invocation, act: (ask: Ask) => Promise<void>): Promise<void> {
  const folder = dataFolderOf(invocation)
  const path = controlPathOf(folder)
  const ask: Ask = (method, url, body) => askSocket(path, method, url, body)
  const node = await openUnlessRunning(folder, ask)
  if (node === undefined) {
    await act(ask)
    return
  }
  await using resources = new AsyncDisposableStack()
  resources.use(node)
  if (node.state.stage === "new") throw new CommandError("wrongStage", `nobody is set up in ${folder} yet. Begin with \`tessera start\`.`)
  const passphrase = await getPassphrase(textOption(invocation, "passphrase-file"))
  await saidPlainly(() => node.unlock(passphrase, { signal: invocation.signal }))
  resources.use(await startControlSocket({ node, path }))
  await act(ask)
}

/** Gives a node of its own, or nothing when one runs there that answers. One that is just starting holds the folder before it answers. */
async function openUnlessRunning(folder: string, ask: Ask): Promise<Node | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    if (await isRunning(ask)) return undefined
    try {
      return await openPersonNode(folder)
    } catch (error) {
      if (!(error instanceof CommandError) || error.code !== "alreadyRunning" || attempt === STARTING_ATTEMPTS) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, STARTING_PAUSE_MS))
  }
}

/** The address of the page of the node that runs on a folder; nothing when none does that answers. */
export async function runningPageOf(folder: string): Promise<string | undefined> {
  try {
    return (await askSocket<{ readonly url: string }>(controlPathOf(folder), "GET", PAGE_PATH, undefined)).url
  } catch (error) {
    if (error instanceof CommandError && error.code !== "notYours") return undefined
    throw error
  }
}

async function isRunning(ask: Ask): Promise<boolean> {
  try {
    await ask("GET", "/api/state")
    return true
  } catch (error) {
    if (error instanceof CommandError && error.code === "notRunning") return false
    throw error
  }
}

/**
 * A socket in a folder that is shared with others (a path too long for the data folder's own place) may have been put there by one of them: nothing is
 * said to it, and nothing is believed of it.
 */
async function requireOwnSocket(socketPath: string): Promise<void> {
  if (process.getuid === undefined) return
  const found = await lstat(socketPath).catch((error: unknown) => {
    throw new CommandError("notRunning", "Tessera does not run on this folder.", { cause: error })
  })
  if (found.uid !== process.getuid())
    throw new CommandError("notYours", `${socketPath} belongs to another user of this machine, so Tessera does not speak to it.`)
}

/** Asks over a control socket of this user. */
export async function askSocket<T>(socketPath: string, method: string, path: string, body: unknown): Promise<T> {
  await requireOwnSocket(socketPath)
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path, headers, timeout: 60_000 }, (response) => {
      readAnswer<T>(response).then(resolve, reject)
    })
    asking.on("timeout", () => asking.destroy(new CommandError("noAnswer", "Tessera does not answer.")))
    asking.on("error", (error: NodeJS.ErrnoException) => {
      const isAbsent = error.code === "ENOENT" || error.code === "ECONNREFUSED" || error.code === "ENOTDIR"
      reject(isAbsent ? new CommandError("notRunning", "Tessera does not run on this folder.", { cause: error }) : error)
    })
    asking.end(text)
  })
}

async function readAnswer<T>(response: IncomingMessage): Promise<T> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > ANSWER_LIMIT) throw new CommandError("tooLarge", "Tessera's answer is too long.")
    chunks.push(chunk)
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"))
  if ((response.statusCode ?? 500) >= 400) {
    const { error } = value as ApiError
    throw new CommandError(error.code, error.message)
  }
  return value as T
}

/** The options of every command that speaks to a node. */
export const nodeOptions = { data: { type: "string" }, "passphrase-file": { type: "string" } } as const

/** Their lines in a help text. */
export const nodeOptionsHelp = `  --data DIR            the person's folder (the system's place for it when not given)
  --passphrase-file F   when Tessera does not run on that folder: the passphrase is the first line of F; otherwise it is asked for
  --json                print JSON`
