import { readFile } from "node:fs/promises"
import { join } from "node:path"
import {
  DecodeError,
  formatServerKey,
  isServiceUrl,
  parseUserKey,
  type PublicKey,
  publicKeyOf,
  RESULT,
  timestampFromUnixMillis,
  VerifyError,
} from "@tessera/mosaic"
import { Addresses, createServer, MemberList, rolesPolicy, StorageError } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { listenTcp } from "@tessera/mosaic-server/tcp"
import { type TlsFiles, listenWebSocket } from "@tessera/mosaic-server/websocket"
import { AlreadyRunningError, lockFolder, prepareDataFolder } from "@tessera/node/adapters"
import { type Command, CommandError, type Invocation, isSet, textOption, textOptions, UsageError } from "../command.ts"
import { untilAborted } from "../ending.ts"
import { reasonOf } from "../input.ts"
import { type ListenAddress, parseListenUrl } from "../listen-url.ts"
import { serverKeyOf } from "../server-key-file.ts"

const ROLES = ["outbox", "inbox", "encryption"] as const
type Role = (typeof ROLES)[number]

interface ServeOptions {
  readonly folder: string
  readonly listen: readonly ListenAddress[]
  readonly roles: ReadonlySet<Role>
  readonly members: "everybody" | readonly PublicKey[]
  readonly serviceUrl: string | undefined
}

function readOptions(invocation: Invocation): ServeOptions {
  const folder = textOption(invocation, "data")
  if (folder === undefined) throw new UsageError("Name a folder for the server's data with --data DIR.")
  const listen = textOptions(invocation, "listen").map(parseListenUrl)
  const named = textOptions(invocation, "role")
  const roles = new Set<Role>(named.length === 0 ? ROLES : named.map(readRole))
  return {
    folder,
    listen: listen.length === 0 ? [parseListenUrl("mosaictcp://[::]")] : listen,
    roles,
    members: readMembers(invocation),
    serviceUrl: readServiceUrl(invocation),
  }
}

function readRole(text: string): Role {
  const role = ROLES.find((each) => each === text)
  if (role === undefined) throw new UsageError(`There is no role "${text}"; there are ${ROLES.join(", ")}.`)
  return role
}

function readMembers(invocation: Invocation): "everybody" | readonly PublicKey[] {
  const members = textOptions(invocation, "member")
  if (isSet(invocation, "open")) {
    if (members.length > 0) throw new UsageError("--open serves everybody; --member serves those named. Choose one.")
    return "everybody"
  }
  if (members.length === 0) throw new UsageError("Say whom to serve: --member mopub0… (as often as needed), or --open for everybody.")
  return members.map((text) => {
    try {
      return parseUserKey(text)
    } catch (error) {
      if (error instanceof DecodeError || error instanceof VerifyError)
        throw new UsageError(`"${text}" is no person's key (mopub0…): ${error.reason}.`)
      throw error
    }
  })
}

function readServiceUrl(invocation: Invocation): string | undefined {
  const url = textOption(invocation, "service-url")
  if (url !== undefined && !isServiceUrl(url)) throw new UsageError(`"${url}" is no web address. Write it as https://example.org/join.`)
  return url
}

async function readTls(invocation: Invocation): Promise<TlsFiles | "selfSigned" | "proxy"> {
  const [cert, key] = [textOption(invocation, "tls-cert"), textOption(invocation, "tls-key")]
  const isBehindProxy = isSet(invocation, "behind-proxy")
  if ((cert === undefined) !== (key === undefined)) throw new UsageError("--tls-cert and --tls-key belong together.")
  if (cert === undefined || key === undefined) return isBehindProxy ? "proxy" : "selfSigned"
  if (isBehindProxy) throw new UsageError("Behind a proxy it is the proxy that has the certificate. Choose one.")
  return { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") }
}

async function run(invocation: Invocation): Promise<number> {
  const { folder, listen, roles, members, serviceUrl } = readOptions(invocation)
  const tls = await readTls(invocation)
  const now = () => timestampFromUnixMillis(Date.now())
  await using resources = new AsyncDisposableStack()
  await prepareDataFolder(folder)
  resources.use(lockFolder(folder))
  const secretKey = await serverKeyOf(folder)
  const store = resources.use(await openSqliteStore({ path: join(folder, "records.db"), now }))
  const policy = rolesPolicy({ roles, members: members === "everybody" ? members : new MemberList(members) })
  const server = resources.use(createServer({ store, serverKey: publicKeyOf(secretKey), policy, now }))
  const urls: string[] = []
  // Connections are counted together, whichever way they come.
  const addresses = new Addresses({})
  for (const { scheme, host, port } of listen) {
    const place = { server, secretKey, host, port, addresses }
    const listening =
      scheme === "mosaictcp"
        ? await listenTcp(place)
        : await listenWebSocket({ ...place, tls, ...(serviceUrl !== undefined && { serviceUrl }) })
    resources.defer(() => listening.close())
    urls.push(listening.url)
  }
  const serverKey = formatServerKey(publicKeyOf(secretKey))
  if (invocation.output.json) invocation.output.value({ event: "ready", serverKey, urls })
  else for (const line of [`Serving as ${serverKey}`, ...urls.map((url) => `at ${url}`)]) invocation.output.line(line)
  await untilAborted(invocation.signal)
  await server.close({ code: RESULT.SHUTTING_DOWN })
  return 0
}

export const serve: Command = {
  help: `tessera serve --data DIR [--listen URL …] [--role ROLE …] (--member KEY … | --open) [--json]

Runs a Mosaic server until it is told to end (Ctrl-C or SIGTERM). The same folder starts the same server again, with the same key.

  --data DIR       where the server keeps its key and its records
  --listen URL     mosaictcp://HOST[:PORT] or mosaicwss://HOST[:PORT] (WebSocket, for web pages too), as often as needed; port 0 takes a free
                   one (mosaictcp://[::]:1320 when not given)
  --tls-cert FILE  for mosaicwss: a certificate of an authority that browsers know, in PEM, and
  --tls-key FILE   its private key. Without them the server signs its own, which programs can use and browsers refuse
  --behind-proxy   for mosaicwss: no TLS, because a reverse proxy on this machine does it
  --service-url U  where people settle with you how you serve them; told to clients that come by WebSocket
  --role ROLE      outbox, inbox or encryption, as often as needed (all three when not given)
  --member KEY     serve this person (mopub0…), as often as needed
  --open           serve everybody
  --json           print {"event":"ready","serverKey":"mosrv0…","urls":[…]} when ready

A server that others rely on should be reachable from the whole Internet: an address behind a home router, or one that only Tor reaches, is not enough for these roles.`,
  options: {
    data: { type: "string" },
    listen: { type: "string", multiple: true },
    role: { type: "string", multiple: true },
    member: { type: "string", multiple: true },
    open: { type: "boolean" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    "behind-proxy": { type: "boolean" },
    "service-url": { type: "string" },
  },
  async run(invocation) {
    try {
      return await run(invocation)
    } catch (error) {
      if (error instanceof AlreadyRunningError || error instanceof StorageError)
        throw new CommandError("storage", error.message, { cause: error })
      if (error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error) {
        throw new CommandError(
          error.code,
          error.code === "EADDRINUSE" ? "another program already listens at this address." : `${reasonOf(error)}.`,
          { cause: error },
        )
      }
      throw error
    }
  },
}
