import { useSignal } from "@preact/signals"
import { useId, useRef } from "preact/hooks"
import type { Author, Note } from "@tessera/node/api"
import { Face } from "../parts/face.tsx"
import { Icon } from "../parts/icon.tsx"
import { PageLink } from "../parts/page-link.tsx"
import { PersonName } from "../parts/person-name.tsx"
import { Time } from "../parts/time.tsx"
import { shownAs } from "../state/people.ts"
import { go } from "../state/view.ts"
import { plural } from "../text/plural.ts"
import { AnswerBox } from "./answer-box.tsx"
import { NoteEditor } from "./note-editor.tsx"
import { NoteHistory } from "./note-history.tsx"
import { NoteText } from "./note-text.tsx"

interface NoteTileProps {
  readonly note: Note
  /** Inside its thread a note names neither the thread nor whom it answers, and shows all of itself. */
  readonly inThread?: boolean
  /** How deep in the thread, from 0. */
  readonly depth?: number
}

/** Whom a note answers. */
function Answered({ author }: { author: Author | undefined }) {
  if (author === undefined) return <>a note</>
  if (author.you) return <>you</>
  const { label, mark } = shownAs(author)
  return (
    <>
      <bdi>{label}</bdi>
      {mark !== undefined && <span class="aside-note words">{mark}</span>}
    </>
  )
}

type Open = "nothing" | "answer" | "editor"

/** One note: who, when, what, and what one can do with it. */
export function NoteTile({ note, inThread, depth = 0 }: NoteTileProps) {
  const id = useId()
  const open = useSignal<Open>("nothing")
  const history = useSignal(false)
  const opener = useRef<HTMLButtonElement>(null)
  const changer = useRef<HTMLButtonElement>(null)
  const { picture } = shownAs(note.author)
  const done = () => {
    const button = open.peek() === "editor" ? changer : opener
    open.value = "nothing"
    setTimeout(() => button.current?.focus({ preventScroll: true }))
  }
  const showThread = () => go({ page: "thread", note: note.root ?? note.address })

  return (
    <article class={`note depth-${Math.min(depth, 3)}`} aria-labelledby={`${id}-who`} data-note={note.address}>
      <Face person={note.author.person} picture={picture} />
      <div class="note-main">
        <header>
          <span id={`${id}-who`}>
            <PersonName author={note.author} />
          </span>
          <span class="note-when">
            <Time at={note.createdAt} />
          </span>
        </header>
        {note.replyTo !== undefined && inThread !== true && (
          <p class="answering">
            <PageLink onOpen={showThread}>
              answering <Answered author={note.replyToAuthor} />
            </PageLink>
          </p>
        )}
        {open.value === "editor" ? <NoteEditor note={note} onDone={done} /> : <NoteText parts={note.parts} whole={inThread === true} />}
        {open.value !== "editor" && (
          <footer>
            <button
              ref={opener}
              type="button"
              class="quiet"
              aria-expanded={open.value === "answer"}
              aria-describedby={`${id}-who`}
              onClick={() => (open.value = open.peek() === "answer" ? "nothing" : "answer")}
            >
              <Icon name="answer" />
              Reply
            </button>
            {note.replyCount > 0 && inThread !== true && (
              <button type="button" role="link" class="quiet" onClick={showThread}>
                <Icon name="talk" />
                {plural(note.replyCount, "answer")}
              </button>
            )}
            {note.author.you && note.source !== undefined && (
              <button ref={changer} type="button" class="quiet" onClick={() => (open.value = "editor")}>
                <Icon name="edit" />
                Edit
              </button>
            )}
            {note.editedAt !== undefined && (
              <button
                type="button"
                class="quiet edited"
                aria-expanded={history.value}
                aria-controls={history.value ? `${id}-history` : undefined}
                onClick={() => (history.value = !history.peek())}
              >
                <span>
                  edited <Time at={note.editedAt} />
                </span>
              </button>
            )}
          </footer>
        )}
        {history.value && <NoteHistory note={note} id={`${id}-history`} />}
        {open.value === "answer" && <AnswerBox to={note} onDone={done} />}
      </div>
    </article>
  )
}
