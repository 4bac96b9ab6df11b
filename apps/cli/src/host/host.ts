import { join } from "node:path"
import {
  type PublicKey,
  SERVICE,
  type SecretKey,
  type Timestamp,
  buildService,
  kindReaders,
  publicKeyOf,
  readService,
} from "@tessera/mosaic"
import {
  EMPTY_HOST_STATE,
  HoldQueue,
  HostBook,
  type HostState,
  type MosaicServer,
  type Policy,
  type RecordStore,
  type Role,
  admissionPolicy,
  allOf,
  anyOf,
  banCode,
  bansPolicy,
  formatHostState,
  moderationPolicy,
  parseHostState,
  ratesPolicy,
  rolesPolicy,
  sizePolicy,
} from "@tessera/mosaic-server"
import { openSqliteStore } from "@tessera/mosaic-server/sqlite"
import { Addresses } from "@tessera/mosaic-server/tcp"
import { diskFileSystem, writeAtomically } from "@tessera/node/adapters"
import { CommandError } from "../command.ts"
import { reasonOf } from "../input.ts"
import type { HostOptions } from "./host-options.ts"
import { readMemberFile, watchMemberFile } from "./member-file.ts"

const STATE_FILE = "host.json"
/** A hundred thousand members and as many bans. */
const STATE_LIMIT = 64 * 1024 * 1024

/** What a server is run by: its policies, and what the owner's decisions change. */
export interface Host extends AsyncDisposable {
  readonly policy: Policy
  /** Shared by all listeners. */
  readonly addresses: Addresses
  readonly book: HostBook
  readonly queue: HoldQueue | undefined
}

/** What `openHost` needs besides the options. */
export interface HostPlace {
  readonly folder: string
  readonly roles: ReadonlySet<Role>
  readonly serverKey: PublicKey
  readonly now: () => Timestamp
  /** Told of what fails while the server runs. */
  readonly onFault: (error: unknown) => void
}

/** Puts the policies of a server together. @throws CommandError when `host.json` or the member file cannot be read. */
export async function openHost(options: HostOptions, { folder, roles, serverKey, now, onFault }: HostPlace): Promise<Host> {
  await using opening = new AsyncDisposableStack()
  const book = new HostBook({
    state: await readState(folder),
    save: (state) => writeAtomically(diskFileSystem, folder, STATE_FILE, Buffer.from(formatHostState(state))),
    now,
  })
  const { memberFile } = options
  book.setOthers([...options.members, ...(memberFile === undefined ? [] : await readMemberFile(memberFile))])
  if (memberFile !== undefined) opening.use(watchMemberFile(memberFile, (keys) => book.setOthers([...options.members, ...keys]), onFault))
  const queue = options.moderates
    ? await HoldQueue.open(opening.use(await openSqliteStore({ path: join(folder, "held.db"), now })), options.holdLimits)
    : undefined
  const refusal = (address: string) => {
    const ban = book.bans.ofAddress(address)
    return ban === undefined ? undefined : banCode(ban)
  }
  const addresses = new Addresses({ limits: options.addressLimits, refusal })
  const resources = opening.move()
  return {
    policy: combine(options, roles, serverKey, book, queue, now),
    addresses,
    book,
    queue,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}

/** What refuses cheaply stands first. */
function combine(
  options: HostOptions,
  roles: ReadonlySet<Role>,
  serverKey: PublicKey,
  book: HostBook,
  queue: HoldQueue | undefined,
  now: () => Timestamp,
): Policy {
  const members = options.isOpen ? "everybody" : book.members
  const taking = rolesPolicy({ roles, members, ...(queue === undefined ? {} : { isNeeded: (author) => queue.hasOf(author) }) })
  // An encryption server must serve what is sealed to its recipient, and its owner could not judge it anyway.
  const holds = ({ kind }: { kind: Parameters<typeof kindReaders>[0] }) => !(roles.has("encryption") && kindReaders(kind) === "tagged")
  const served = queue === undefined ? taking : allOf(taking, moderationPolicy({ queue, members, holds }))
  return allOf(
    bansPolicy(book.bans),
    ...(options.maxRecord === undefined ? [] : [sizePolicy({ recordBytes: options.maxRecord })]),
    ratesPolicy({ ...options.rates, now }),
    options.isOpen ? served : anyOf(admissionPolicy({ mode: options.admission, serverKey, members, desk: book, now }), served),
  )
}

async function readState(folder: string): Promise<HostState> {
  const path = join(folder, STATE_FILE)
  try {
    const bytes = await diskFileSystem.read(path, STATE_LIMIT)
    return bytes === undefined ? EMPTY_HOST_STATE : parseHostState(Buffer.from(bytes).toString("utf8"))
  } catch (error) {
    throw new CommandError("badHostFile", `${path} cannot be read: ${reasonOf(error)}. Put back the file from a copy.`, { cause: error })
  }
}

/** Says over every transport where the server's service URL is, by a record of the server's own; takes back what it said before. */
export async function publishServiceUrl(
  url: string | undefined,
  server: MosaicServer,
  store: RecordStore,
  secretKey: SecretKey,
  now: Timestamp,
): Promise<void> {
  const { records } = await store.query({ kinds: [SERVICE], authors: [publicKeyOf(secretKey)] }, { limit: 1 })
  const [before] = records
  const said = before === undefined ? undefined : readService(before.record)
  if (said !== url) await server.submit(buildService({ server: secretKey, timestamp: now, url: url ?? "" }))
}
