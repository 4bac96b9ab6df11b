import type { Signal } from "@preact/signals"
import type { Me } from "@tessera/node/api"
import { useRef } from "preact/hooks"
import { Face } from "../parts/face.tsx"
import { PictureProblem, squarePicture } from "../picture/square.ts"
import type { SquarePicture } from "../picture/square.ts"
import { tell } from "../state/announcement.ts"

/** What becomes of the picture when the profile is saved. */
export type Choice = { readonly kind: "keep" } | { readonly kind: "remove" } | { readonly kind: "new"; readonly picture: SquarePicture }

/** Shows the picture and lets another one be chosen; the square is cut and made small here, before anything leaves the page. */
export function PictureChoice({ own, choice, onProblem }: { own: Me; choice: Signal<Choice>; onProblem: (sentence: string) => void }) {
  const files = useRef<HTMLInputElement>(null)
  const chosen = choice.value
  const has = chosen.kind === "new" || (chosen.kind === "keep" && own.picture !== undefined)

  const take = async (file: File) => {
    onProblem("")
    try {
      choice.value = { kind: "new", picture: await squarePicture(file) }
      tell("The picture is chosen. It is saved with your profile.")
    } catch (error) {
      onProblem(error instanceof PictureProblem ? error.message : "This picture could not be read. Please choose another one.")
    }
  }

  return (
    <div class="picture-choice">
      {chosen.kind === "new" ? (
        <span class="tile framed huge">
          <img src={chosen.picture.shown} alt="Your new picture" />
        </span>
      ) : (
        <Face person={own.person} picture={chosen.kind === "keep" ? own.picture : undefined} class="huge" />
      )}
      <div>
        <input
          ref={files}
          type="file"
          accept="image/*"
          class="unseen"
          tabIndex={-1}
          aria-hidden="true"
          autocomplete="off"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? []
            if (file !== undefined) take(file).catch(() => undefined)
            event.currentTarget.value = ""
          }}
        />
        <button type="button" class="plain" onClick={() => files.current?.click()}>
          {has ? "Choose another picture" : "Choose a picture"}
        </button>
        {has && (
          <button
            type="button"
            class="quiet"
            onClick={() => (choice.value = own.picture === undefined ? { kind: "keep" } : { kind: "remove" })}
          >
            Remove it
          </button>
        )}
        <p class="hint">
          {has
            ? "A square from its middle is used. Where and when it was taken stays with you."
            : "Until then, this tile stands for you. It is made from your card."}
        </p>
      </div>
    </div>
  )
}
