/** Somebody to tell stories about: what they are called, how they keep their node, and what they write. */
export interface Character {
  /** As the person types it. */
  readonly displayName: string
  readonly passphrase: string
  /** Notes of theirs, in their own script. */
  readonly says: readonly string[]
  /** Milliseconds between two things that they do, on average. */
  readonly pace: number
}

/** The people of the scenarios, by the names of their machines. */
export const PEOPLE = {
  ada: {
    displayName: "Ada Lovelace",
    passphrase: "engines weave algebraic patterns daily",
    says: ["The engine weaves.", "It has no pretensions to originate anything.", "Note G is done: https://example.org/note-g"],
    pace: 20_000,
  },
  bo: {
    displayName: "Bo 🐝",
    passphrase: "bø",
    says: ["🐝🐝🐝", "honey!\n\nlots of it", "👩‍👩‍👧‍👦 at the lake — 14 °C"],
    pace: 500,
  },
  cleo: {
    displayName: "Κλεοπάτρα",
    passphrase: "ὁ Νεῖλος οὐ παύεται",
    says: ["Ο Νείλος ανεβαίνει.", "Πάμε για ψάρεμα;", "Ἀλεξάνδρεια"],
    pace: 60_000,
  },
  dmitri: { displayName: "Дмитрий", passphrase: "таблица элементов", says: ["Приснилась таблица.", "Ещё одна строка."], pace: 300_000 },
  esther: { displayName: "אסתר", passphrase: "שושנת יעקב", says: ["שלום לכולם", "מה שלומכם?"], pace: 5_000 },
  farid: { displayName: "فرید", passphrase: "منطق‌الطیر", says: ["سی مرغ", "باز باران"], pace: 40_000 },
  gao: { displayName: "高小明", passphrase: "床前明月光", says: ["疑是地上霜", "舉頭望明月,低頭思故鄉。"], pace: 10_000 },
  hana: { displayName: "ハナ (花)", passphrase: "古池や蛙飛びこむ", says: ["水の音", "また明日"], pace: 2_000 },
} as const satisfies Record<string, Character>

export type CharacterName = keyof typeof PEOPLE
