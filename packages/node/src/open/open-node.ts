import { equalBytes, formatUserKey, publicKeyOf } from "@tessera/mosaic"
import type { PublicKey } from "@tessera/mosaic"
import type { Me, NodeEvent, ProfileRequest, RecoverySheet, Settings } from "../api/contract.ts"
import { createDelivery } from "../delivery/delivery.ts"
import { openDoor } from "../door/door.ts"
import type { Door, DoorPlace } from "../door/door.ts"
import type { EventHub } from "../events.ts"
import { createAuthors, createFollows } from "../follows/follows.ts"
import { createNotes } from "../notes/notes.ts"
import type { Ports } from "../ports.ts"
import { openPeopleIndex } from "../profile/profile.ts"
import { createNotePresenter, createTimeline, openNoteIndex, startIndexFeed } from "../timeline/timeline.ts"
import type { IndexChange, NoteRow } from "../timeline/timeline.ts"
import type { UnlockedVault } from "../vault/vault.ts"
import { createAnnouncer } from "./announcer.ts"
import { openFoundation } from "./foundation.ts"
import { createOwnPage } from "./me.ts"
import { createNoteDesk } from "./note-desk.ts"
import type { NoteDesk } from "./note-desk.ts"
import { createPeopleDesk } from "./people.ts"
import type { PeopleDesk } from "./people.ts"
import { changeSettings } from "./settings.ts"
import { troubleSentence } from "./trouble.ts"

/** A node whose person is in: everything that they can do. What a promise of a change resolves to is durable. */
export interface OpenNode extends AsyncDisposable {
  readonly person: PublicKey
  readonly notes: NoteDesk
  readonly people: PeopleDesk
  me(): Me
  editProfile(request: ProfileRequest & { readonly pictureBytes?: Uint8Array | null }, signal: AbortSignal): Promise<Me>
  changePassphrase(current: string, next: string, signal: AbortSignal): Promise<void>
  recoverySheet(passphrase: string, signal: AbortSignal): Promise<RecoverySheet>
  changeSettings(change: Partial<Settings>): Promise<Settings>
  /** Makes timeline, threads and people anew from the records; resolves when that is done. Nothing is lost by it. */
  rebuildIndexes(): Promise<void>
}

export interface OpenNodeOptions {
  readonly ports: Ports
  /** Belongs to the node from then on: disposed with it, and also when opening fails. */
  readonly vault: UnlockedVault
  readonly events: EventHub<NodeEvent>
  readonly place: DoorPlace | undefined
}

/** Opens everything that a person has, and begins to serve their door and to read those whom they follow. */
export async function openForPerson({ ports, vault, events, place }: OpenNodeOptions): Promise<OpenNode> {
  await using stack = new AsyncDisposableStack()
  stack.use(vault)
  const foundation = stack.use(await openFoundation(ports, vault))
  const { secrets, records, database, state, now } = foundation
  const self = secrets.person
  /** Since the last thing that could be stored. */
  let trouble: string | undefined
  const onFailure = (error: unknown): void => {
    trouble = troubleSentence(error)
    events.emit({ type: "trouble", message: trouble })
  }

  const people = openPeopleIndex(database)
  const index = openNoteIndex(database, self)
  const authors = createAuthors({
    self,
    people,
    followOf: (person) => follows.get(person),
    petnamed: () => follows.list().filter(({ petname }) => petname !== undefined),
  })
  const presenter = createNotePresenter({ records, authors })
  const timeline = createTimeline({ index, presenter })
  const rowsOf = (addresses: readonly Uint8Array[]): readonly NoteRow[] =>
    addresses.map((address) => index.get(address)).filter((row) => row !== undefined)
  const announcer = createAnnouncer({ events, present: (addresses) => presenter.present(rowsOf(addresses)), onFailure })

  // Until everything stands there is nobody to tell, and not everything that would be told.
  let isOpen = false
  const onChange = ({ notes, people: changed }: IndexChange): void => {
    if (!isOpen) return
    if (trouble !== undefined) {
      trouble = undefined
      announceMe()
    }
    announcer.changed(notes)
    for (const { person } of changed) {
      if (equalBytes(person, self)) announceMe()
      announcePerson(person)
      announcer.changed(index.byAuthor(person, 100).map(({ address }) => address))
    }
  }
  const announceMe = (): void => {
    if (events.hasListeners) events.emit({ type: "me", me: own.me() })
  }
  const announcePerson = (person: PublicKey): void => {
    const shown = events.hasListeners ? desk.followed(person) : undefined
    if (shown !== undefined) events.emit({ type: "person", person: shown })
  }

  const follows = createFollows({
    ports,
    self,
    ownDoor: publicKeyOf(secrets.door),
    records,
    state,
    database,
    onConnection(person) {
      announcePerson(person)
      if (follows.connection(person) === "connected") delivery.reachable(person)
    },
    onFollowed(person, followed) {
      index.setFollowed(person, followed)
      if (!followed) events.emit({ type: "unfollowed", person: formatUserKey(person) })
      announcer.changed(index.byAuthor(person, 100).map(({ address }) => address))
    },
    onFailure,
  })
  const delivery = createDelivery({ ports, self, records, state, doorOf: (person) => follows.get(person), onFailure })

  const startFeed = () =>
    startIndexFeed({
      records,
      database,
      people,
      notes: index,
      clock: ports.clock,
      onAnew: () => follows.forgetVisits(),
      onChange,
      onFailure,
    })
  let feed = await startFeed()
  const matchFollowed = (): void => {
    for (const author of index.followed()) if (follows.get(author as PublicKey) === undefined) index.setFollowed(author, false)
    for (const { person } of follows.list()) index.setFollowed(person, true)
  }
  matchFollowed()
  // Ended in this order: nobody comes in, nothing goes out, nothing is told, the tables rest.
  stack.defer(() => feed[Symbol.asyncDispose]())
  stack.use(announcer)
  stack.use(delivery)
  stack.use(follows)

  // An index that cannot be written now follows later, and says so itself; what was stored is stored.
  const settled = async (): Promise<void> => feed.reached(await records.lastSequence()).catch(() => undefined)
  const writer = { person: self, device: secrets.device }
  const noteDesk = createNoteDesk({
    notes: createNotes({ records, writer, now, beforeWrite: (record) => delivery.queue(record) }),
    index,
    timeline,
    reached: (sequence) => feed.reached(sequence),
    onWritten: () => delivery.wake(),
  })
  const desk = createPeopleDesk({ self, records, people, follows, authors, settled })
  const own = createOwnPage({ ports, vault, records, state, people, door: () => door, trouble: () => trouble, place, now })
  const door: Door = stack.use(
    await openDoor({
      ports,
      records,
      owner: self,
      doorKey: secrets.door,
      ...(secrets.doorPort === undefined ? {} : { port: secrets.doorPort }),
      onPortChosen: (doorPort) => vault.updateSecrets({ doorPort }),
      ...(place === undefined ? {} : { place }),
      onChange: () => announceMe(),
      onEvent: (event) => {
        if (event.type === "failed") onFailure(event.error)
      },
    }),
  )
  await settled()
  isOpen = true
  follows.start()
  const held = stack.move()
  return {
    person: self,
    notes: noteDesk,
    people: {
      ...desk,
      async follow(...request) {
        const person = await desk.follow(...request)
        events.emit({ type: "person", person })
        return person
      },
      async rename(key, petname) {
        const person = await desk.rename(key, petname)
        announcer.changed(index.byAuthor(key, 100).map(({ address }) => address))
        events.emit({ type: "person", person })
        return person
      },
    },
    me: () => own.me(),
    async editProfile(request, signal) {
      await own.editProfile(request, signal)
      await settled()
      return own.me()
    },
    changePassphrase: (current, next, signal) => own.changePassphrase(current, next, signal),
    recoverySheet: (passphrase, signal) => own.recoverySheet(passphrase, signal),
    async changeSettings(change) {
      const settings = await changeSettings(state, change)
      announceMe()
      return settings
    },
    async rebuildIndexes() {
      await feed[Symbol.asyncDispose]()
      database.exec("DELETE FROM index_place")
      feed = await startFeed()
      matchFollowed()
      await state.rebuild()
      await settled()
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}
