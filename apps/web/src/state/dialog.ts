import { signal } from "@preact/signals"

export type OpenDialog =
  | { readonly name: "card" }
  | { readonly name: "add"; readonly card?: string }
  | { readonly name: "passphrase" }
  | { readonly name: "sheet" }

/** The dialog that is open, if one is. */
export const dialog = signal<OpenDialog | undefined>(undefined)

/** A card from the address of the page that waits until the person is in. */
export const waitingCard = signal<string | undefined>(undefined)
