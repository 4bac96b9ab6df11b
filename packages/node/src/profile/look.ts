// Letters of other scripts that look like Latin ones, so that nobody can pass for somebody else by them.
const TWINS: Readonly<Record<string, string>> = {
  а: "a",
  в: "b",
  е: "e",
  к: "k",
  м: "m",
  н: "h",
  о: "o",
  р: "p",
  с: "c",
  т: "t",
  у: "y",
  х: "x",
  і: "i",
  ј: "j",
  ѕ: "s",
  ԁ: "d",
  ԛ: "q",
  ԝ: "w",
  һ: "h",
  ѵ: "v",
  α: "a",
  β: "b",
  ε: "e",
  η: "n",
  ι: "i",
  κ: "k",
  ν: "v",
  ο: "o",
  ρ: "p",
  τ: "t",
  υ: "u",
  χ: "x",
  γ: "y",
  ω: "w",
  ı: "i",
  ɩ: "i",
  ɑ: "a",
  ɡ: "g",
  ℓ: "l",
  "0": "o",
  "1": "l",
  "|": "l",
  i: "l",
}

/** What the eye sees of a label: two labels of the same look can be taken for one another. Without case, marks, spaces, punctuation. */
export function lookOf(label: string): string {
  const bare = label
    .normalize("NFKD")
    .toLowerCase()
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{C}\p{Z}\p{P}]/gu, "")
  return Array.from(bare, (character) => TWINS[character] ?? character)
    .join("")
    .replaceAll("rn", "m")
}
