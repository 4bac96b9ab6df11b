import { join, resolve } from "node:path"
import { formatServerKey, publicKeyOf, RESULT, timestampFromUnixMillis, type VerifiedRecord } from "@tessera/mosaic"
import { createServer, StorageError } from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { AlreadyRunningError, lockFolder, prepareDataFolder } from "@tessera/node/adapters"
import { type CertificateEvent, describeCertificateEvent } from "../acme/certificate-event.ts"
import { usableFiles } from "../acme/certificate-life.ts"
import { readCertificate } from "../acme/certificate-store.ts"
import { type Command, CommandError, type Invocation, isSet, textOption, textOptions, UsageError } from "../command.ts"
import { controlPathOf } from "../control-path.ts"
import { untilAborted } from "../ending.ts"
import { bootstrapOf, type DhtOptions, dhtOptions, reachable, readDhtOptions } from "../host/dht-options.ts"
import { openBlobs } from "../host/open-blobs.ts"
import { openHost, publishServiceUrl } from "../host/host.ts"
import { type HostOptions, hostOptions, readHostOptions } from "../host/host-options.ts"
import { openHostSocket } from "../host/host-socket.ts"
import { ServerDht } from "../host/server-dht.ts"
import { Listeners } from "../host/listeners.ts"
import { reasonOf } from "../input.ts"
import { defaultListenAddresses, type ListenAddress, parseListenUrl } from "../listen-url.ts"
import { readRole, type Role, ROLES } from "../role.ts"
import { serverKeyOf } from "../server-key-file.ts"
import { readTlsOptions, tlsOptions } from "../tls-options.ts"

interface ServeOptions {
  readonly folder: string
  readonly listen: readonly ListenAddress[]
  readonly roles: ReadonlySet<Role>
  readonly host: HostOptions
  readonly dht: DhtOptions | undefined
}

function readOptions(invocation: Invocation): ServeOptions {
  const folder = textOption(invocation, "data")
  if (folder === undefined) throw new UsageError("Name a folder for the server's data with --data DIR.")
  const listen = textOptions(invocation, "listen").map(parseListenUrl)
  const named = textOptions(invocation, "role")
  const roles = new Set<Role>(named.length === 0 ? ROLES : named.map(readRole))
  return {
    folder,
    listen: listen.length === 0 ? defaultListenAddresses(isSet(invocation, "behind-proxy")) : listen,
    roles,
    host: readHostOptions(invocation),
    dht: readDhtOptions(invocation),
  }
}

async function run(invocation: Invocation): Promise<number> {
  const { folder, listen, roles, host: options, dht: discovery } = readOptions(invocation)
  const { tls, acme } = await readTlsOptions(invocation)
  if (acme !== undefined && !listen.some(({ scheme }) => scheme === "mosaicwss"))
    throw new UsageError("--acme is for WebSocket. Listen there too: --listen mosaicwss://[::].")
  const now = () => timestampFromUnixMillis(Date.now())
  await using resources = new AsyncDisposableStack()
  await prepareDataFolder(folder)
  resources.use(lockFolder(folder))
  const secretKey = await serverKeyOf(folder)
  const store = resources.use(await openSqliteStore({ path: join(folder, "records.db"), now }))
  const blobs = resources.use(await openBlobs(folder, secretKey, options.blobBudget))
  const serverKey = publicKeyOf(secretKey)
  const say = (sentence: string): void => invocation.output.say(`tessera serve: ${sentence}`)
  const onFault = (error: unknown): void => say(error instanceof Error ? error.message : String(error))
  const host = resources.use(await openHost(options, { folder, roles, serverKey, now, onFault }))
  const { policy, addresses, book, queue } = host
  const dht = discovery && resources.use(await ServerDht.open({ folder, nodes: discovery.nodes, serverKey, policy, onFault }))
  const server = resources.use(
    createServer({ store, blobs, serverKey, policy, now, limits: options.limits, ...(dht !== undefined && { dht: dht.service }) }),
  )
  await publishServiceUrl(options.serviceUrl, server, store, secretKey, now())
  const { serviceUrl } = options
  const kept = acme === undefined ? undefined : await readCertificate(folder, acme)
  const files = acme === undefined ? undefined : usableFiles(kept, acme.hostname)
  const webSocket = { tls: files ?? tls, ...(serviceUrl !== undefined && { serviceUrl }) }
  const { urls, webSockets } = resources.use(
    await Listeners.open(listen, { server, secretKey, addresses, webSocket, handshakeMs: options.handshakeMs, say }),
  )
  if (acme !== undefined) {
    // The library behind it takes a while to load.
    const { keepCertificate } = await import("../acme/keep-certificate.ts")
    const onEvent = (event: CertificateEvent): void => say(describeCertificateEvent(event, acme.hostname))
    resources.use(keepCertificate({ ...acme, folder, kept, listeners: webSockets, onEvent }))
  }
  const desk = { book, queue, isOpen: options.isOpen, release: (record: VerifiedRecord) => server.submit(record), now }
  resources.use(await openHostSocket(controlPathOf(resolve(folder), "host"), desk, onFault))
  const shownKey = formatServerKey(serverKey)
  if (invocation.output.json) invocation.output.value({ event: "ready", serverKey: shownKey, urls })
  else for (const line of [`Serving as ${shownKey}`, ...urls.map((url) => `at ${url}`)]) invocation.output.line(line)
  if (discovery !== undefined) {
    const bootstrap = bootstrapOf(discovery.urls.length > 0 ? discovery.urls : reachable(urls))
    if (bootstrap === undefined)
      invocation.output.say("tessera serve: nothing to publish in the DHT. Say where the server is with --public-url.")
    dht?.start(bootstrap, secretKey, invocation.output)
  }
  await untilAborted(invocation.signal)
  await server.close({ code: RESULT.SHUTTING_DOWN })
  return 0
}

export const serve: Command = {
  help: `tessera serve --data DIR [--listen URL …] [--role ROLE …] (--member KEY … | --member-file FILE | --admission HOW | --open) [--json]

Runs a Mosaic server until it is told to end (Ctrl-C or SIGTERM). The same folder starts the same server again, with the same key.

  --data DIR       where the server keeps its key, its records and (sealed) blobs
  --listen URL     mosaictcp://HOST[:PORT] or mosaicwss://HOST[:PORT] (WebSocket, for web pages too), as often as needed; port 0 takes a free
                   one. When not given, mosaictcp://[::]:1320 and mosaicwss://[::]:443 (1321 where 443 cannot be had)
  --tls-cert FILE  for mosaicwss: a certificate of an authority that browsers know, in PEM, and
  --tls-key FILE   its private key. Without them the server signs its own, which programs can use and browsers refuse
  --acme HOSTNAME  for mosaicwss: obtain and renew such a certificate by itself, from Let's Encrypt. HOSTNAME leads to port 443 here (or to a port
                   that leads here), and you agree to the authority's terms
  --acme-directory URL  another authority's directory (NODE_EXTRA_CA_CERTS=FILE when it is one of your own), and
  --acme-email ADDRESS  where it may write to you
  --behind-proxy   for mosaicwss: no TLS, because a reverse proxy on this machine does it (at 127.0.0.1:1321 when --listen is not given); it must say in
                   X-Forwarded-For where people are: by that they are counted and banned
  --role ROLE      outbox, inbox or encryption, as often as needed (all three when not given)
  --member KEY     serve this person (mopub0…), as often as needed
  --member-file F  serve whose keys stand in F, one a line; it may change while the server runs
  --admission HOW  how strangers become members: closed, invite (by a code of yours), or request (they ask, you decide; codes too). closed when not given
  --open           serve everybody
  --moderate       let what strangers bring to an inbox wait for your yes
  --service-url U  where people read what your service costs; clients are told
  --max-record N   bytes of the longest record that is taken
  --blob-limit N   bytes of the longest blob that is taken; 0 for none (16777216 when not given)
  --blob-budget N  bytes of disk for all blobs (10737418240 when not given); what does not fit is refused
  --rate R         WHO.WHAT=BURST/SECOND, as often as needed: key or address, submission or query, such as address.submission=50000/5000
  --limit L        NAME=NUMBER, as often as needed: connections, connectionsPerAddress, subscriptions and others; a wrong name lists them all
  --dht            use the mainline DHT (UDP, to strangers): publish where this server is, hold what members publish, look up for web pages.
                   Without it nothing is sent there; --no-dht says so, too
  --public-url U   what to publish: mosaictcp://HOST[:PORT] or mosaicwss://HOST[:PORT], the preferred one first, as often as needed (those of
                   --listen that everybody can reach when not given)
  --dht-bootstrap HOST:PORT  begin at this node of the DHT instead of the public ones, as often as needed
  --json           print {"event":"ready","serverKey":"mosrv0…","urls":[…]} when ready,
                   and {"event":"published","sequence":"1","nodes":8} when it is in the DHT

\`tessera host\` manages the running server: members, requests, invites, bans, what waits.

A server that others rely on should be reachable from the whole Internet: an address behind a home router, or one that only Tor reaches, is not enough for these roles.`,
  options: {
    data: { type: "string" },
    listen: { type: "string", multiple: true },
    role: { type: "string", multiple: true },
    ...tlsOptions,
    ...hostOptions,
    ...dhtOptions,
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
