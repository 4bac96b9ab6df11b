import { useSignal } from "@preact/signals"
import { useEffect } from "preact/hooks"
import { strengthOf } from "../text/strength.ts"

const TILES = [1, 2, 3, 4, 5] as const

/** Five tiles that are set one by one; the words follow when typing rests, so that a listener hears them once. */
export function StrengthMeter({ passphrase }: { passphrase: string }) {
  const strength = strengthOf(passphrase)
  const spoken = useSignal("")
  useEffect(() => {
    const timer = setTimeout(() => (spoken.value = strength.says), 700)
    return () => clearTimeout(timer)
  }, [strength.says])
  return (
    <div class={`strength level-${strength.level}`}>
      <span class="strength-tiles" aria-hidden="true">
        {TILES.map((tile) => (
          <span key={tile} class={tile <= strength.level ? "set" : ""} />
        ))}
      </span>
      <span class="strength-words" aria-hidden="true">
        {strength.says}
      </span>
      <span class="unseen" role="status">
        {spoken.value === "" ? "" : `How strong: ${spoken.value}`}
      </span>
    </div>
  )
}
