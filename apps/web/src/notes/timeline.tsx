import { signal } from "@preact/signals"
import { Component, createRef } from "preact"
import type { Note } from "@tessera/node/api"
import { Icon } from "../parts/icon.tsx"
import { tell } from "../state/announcement.ts"
import { timeline } from "../state/timeline.ts"
import { plural } from "../text/plural.ts"
import { EmptyTimeline } from "./empty-timeline.tsx"
import { NoteTile } from "./note-tile.tsx"
import { OlderNotes } from "./older-notes.tsx"

/** Where a note stood on the screen before new ones were put above it. */
interface Anchor {
  readonly element: Element
  readonly top: number
}

/** Newest first, live. What is being read stays where it is when something new arrives above it. */
export class Timeline extends Component {
  private readonly list = createRef<HTMLDivElement>()
  private readonly unseen = signal(0)
  private shown: readonly Note[] = []

  override componentDidMount(): void {
    addEventListener("scroll", this.onScroll, { passive: true })
    this.shown = timeline.peek() ?? []
  }

  override componentWillUnmount(): void {
    removeEventListener("scroll", this.onScroll)
  }

  private readonly onScroll = () => {
    if (this.unseen.peek() > 0 && this.isAtTop()) this.unseen.value = 0
  }

  private isAtTop(): boolean {
    const top = this.list.current?.getBoundingClientRect().top ?? 0
    return top >= 0 || scrollY < 8
  }

  override getSnapshotBeforeUpdate(): Anchor | null {
    const list = this.list.current
    if (list === null) return null
    const writing = document.activeElement instanceof HTMLTextAreaElement && list.contains(document.activeElement)
    if (this.isAtTop() && !writing) return null
    const element = writing ? document.activeElement : [...list.children].find((child) => child.getBoundingClientRect().bottom > 60)
    return element === undefined || element === null ? null : { element, top: element.getBoundingClientRect().top }
  }

  override componentDidUpdate(_props: object, _state: object, anchor: Anchor | null): void {
    if (anchor !== null && anchor.element.isConnected) {
      const moved = anchor.element.getBoundingClientRect().top - anchor.top
      if (moved !== 0) scrollBy({ top: moved, behavior: "instant" })
    }
    this.countNew(anchor !== null)
  }

  /** Counts what arrived above those that were shown before, other people's only. */
  private countNew(away: boolean): void {
    const notes = timeline.peek() ?? []
    const newest = this.shown[0]
    if (notes === this.shown) return
    const known = new Set(this.shown.map((note) => note.address))
    const fresh =
      newest === undefined ? [] : notes.filter((note) => !known.has(note.address) && !note.author.you && note.createdAt >= newest.createdAt)
    this.shown = notes
    if (fresh.length === 0) return
    if (away) this.unseen.value += fresh.length
    tell(fresh.length === 1 ? `A new note from ${fresh[0]?.author.label ?? "somebody"}.` : `${plural(fresh.length, "new note")}.`)
  }

  private readonly toTop = () => {
    this.unseen.value = 0
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches
    scrollTo({ top: 0, behavior: calm ? "instant" : "smooth" })
    const first = this.list.current?.querySelector<HTMLElement>("article .link")
    first?.focus({ preventScroll: true })
  }

  override render() {
    const notes = timeline.value
    return (
      <section class="timeline" aria-label="Timeline" aria-busy={notes === undefined}>
        {this.unseen.value > 0 && (
          <button type="button" class="pill" onClick={this.toTop}>
            <Icon name="up" />
            New notes
            <span class="count">{this.unseen.value}</span>
          </button>
        )}
        <div class="wall" ref={this.list}>
          {notes?.map((note) => (
            <NoteTile key={note.address} note={note} />
          ))}
        </div>
        {notes?.length === 0 && <EmptyTimeline />}
        <OlderNotes />
      </section>
    )
  }
}
