/** Six words on six tiles, to compare aloud. */
export function SafetyWords({ words, label = "Safety words" }: { words: readonly string[]; label?: string }) {
  return (
    <ol class="word-tiles" aria-label={label}>
      {words.map((word, index) => (
        <li key={index}>{word}</li>
      ))}
    </ol>
  )
}

/** What the safety words are for, in one sentence. */
export function SafetyWordsPurpose() {
  return <>Ask them to read their six words to you: if both of you see the same ones, nobody stands between you.</>
}
