import { batch } from "@preact/signals"
import type { Me, NodeEvent } from "@tessera/node/api"
import { api, onRefusal } from "../api/client.ts"
import { readEvents } from "../api/events.ts"
import { Refusal, Silence } from "../api/refusal.ts"
import { forgetToken, takeFragment, token } from "../session/token.ts"
import { backOff } from "./back-off.ts"
import { dialog, waitingCard } from "./dialog.ts"
import { forgetDrafts } from "./drafts.ts"
import { me } from "./me.ts"
import { dropPerson, loadPeople, people, takePerson } from "./people.ts"
import { forgetPictures } from "./pictures.ts"
import { answering, stage, trouble } from "./session.ts"
import type { Stage } from "./session.ts"
import { sheet } from "./sheet.ts"
import { takeNoteInThread, thread } from "./thread.ts"
import { forgetTimeline, loadTimeline, takeNote } from "./timeline.ts"
import { forgetViews } from "./view.ts"

/** A page that nobody looks at lets its connection go after this long: browsers allow only six to one node. */
const HIDDEN_LIMIT = 60_000

let stream = new AbortController()
/** Ends the present wait between two attempts. */
let hurry = () => {}
let failures = 0
/** Whether the present stream has begun: what happens from then on arrives by itself, what was before is loaded. */
let greeted = false

/** Tries at once to reach a node that did not answer. */
export function tryNow(): void {
  hurry()
}

/** Puts the page where the node is. Leaving the open stage forgets everything personal. */
export function enter(next: Stage): void {
  const before = stage.peek()
  if (before === next) return
  batch(() => {
    if (before === "open") forgetEverything()
    stage.value = next
  })
  if (next !== "open") return
  if (greeted) reload()
  else tryNow()
}

/** The person is in: set up, restored or unlocked. */
export function enterAs(person: Me): void {
  batch(() => {
    me.value = person
    enter("open")
  })
}

function forgetEverything(): void {
  me.value = undefined
  people.value = undefined
  thread.value = undefined
  sheet.value = undefined
  dialog.value = undefined
  trouble.value = ""
  forgetTimeline()
  forgetDrafts()
  forgetPictures()
  forgetViews()
}

/** Loads again; when nothing answers, the stream is begun anew, and its greeting loads. */
function reload(): void {
  load().catch((error: unknown) => {
    trip(error)
    if (!(error instanceof Silence)) return
    failures += 1
    connect()
  })
}

/** Loads all that the first screen shows. */
async function load(): Promise<void> {
  await Promise.all([loadMe(), loadTimeline(), loadPeople()])
  const card = waitingCard.peek()
  if (card === undefined || stage.peek() !== "open") return
  waitingCard.value = undefined
  dialog.value = { name: "add", card }
}

async function loadMe(): Promise<void> {
  me.value = await api.me()
  trouble.value = me.value.connections.trouble ?? ""
}

/** What a failed request says about the session; the sentence for the person is shown by whoever asked. */
function trip(fault: unknown): void {
  if (fault instanceof Refusal && fault.code === "badToken") {
    forgetToken()
    enter("ended")
  } else if (fault instanceof Refusal && fault.code === "wrongStage") {
    checkStage().catch(() => undefined)
  } else if (fault instanceof Silence) {
    answering.value = false
  }
}

async function checkStage(): Promise<Stage> {
  const state = await api.state()
  answering.value = true
  enter(state.stage)
  return state.stage
}

function take(events: readonly NodeEvent[]): void {
  batch(() => {
    for (const event of events) takeEvent(event)
  })
}

function takeEvent(event: NodeEvent): void {
  switch (event.type) {
    case "hello":
      failures = 0
      answering.value = true
      greeted = true
      if (stage.peek() === "open") reload()
      break
    case "note":
      takeNote(event.note)
      takeNoteInThread(event.note)
      break
    case "person":
      takePerson(event.person)
      break
    case "unfollowed":
      dropPerson(event.person)
      loadTimeline().catch(trip)
      break
    case "me":
      me.value = event.me
      trouble.value = event.me.connections.trouble ?? ""
      break
    case "state":
      // Whoever is being set up is locked for a moment. Should it stay so, the next request tells.
      if (stage.peek() === "new" && event.state.stage === "locked") break
      enter(event.state.stage)
      break
    case "trouble":
      trouble.value = event.message
      break
  }
}

/** Holds one stream of events, and begins it again when it ends. */
function connect(): void {
  stream.abort()
  stream = new AbortController()
  holdStream(stream.signal).catch(trip)
}

async function holdStream(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (failures > 0) await pause(backOff(failures - 1, Math.random()), signal)
    const attempt = new AbortController()
    const ended = AbortSignal.any([signal, attempt.signal])
    try {
      // Together: each would wait for the other's answer only to lose a moment of the first screen.
      const unsure = stage.peek() === "loading" || !answering.peek()
      await Promise.all([unsure ? checkStage() : undefined, readEvents(take, ended)])
    } catch (error) {
      if (signal.aborted) return
      trip(error)
      // Without a valid token there is nothing to wait for.
      if (error instanceof Refusal && error.code === "badToken") return
      failures += 1
      if (failures > 1) answering.value = error instanceof Refusal
    } finally {
      attempt.abort()
      greeted = false
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    hurry = resolve
    setTimeout(resolve, milliseconds)
    signal.addEventListener("abort", () => resolve(), { once: true })
  })
}

/** Comes in by the address of the page, now and whenever another one is pasted into the bar. */
function arrive(): void {
  const before = token.peek()
  const card = takeFragment()
  if (card !== undefined) waitingCard.value = card
  if (token.peek() === "") {
    stage.value = "outside"
    return
  }
  if (stage.peek() === "open" && token.peek() === before) {
    reload()
    return
  }
  enter("loading")
  connect()
}

/** Starts the life of the page. */
export function live(): void {
  onRefusal(trip)
  arrive()
  addEventListener("hashchange", arrive)
  addEventListener("online", tryNow)
  let timer: ReturnType<typeof setTimeout> | undefined
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer)
    if (document.visibilityState === "hidden") timer = setTimeout(() => stream.abort(), HIDDEN_LIMIT)
    else if (stream.signal.aborted && token.peek() !== "") connect()
    else tryNow()
  })
}
