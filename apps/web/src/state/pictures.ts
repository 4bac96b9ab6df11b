import { signal } from "@preact/signals"
import type { Signal } from "@preact/signals"
import type { PersonKey } from "@tessera/node/api"
import { api } from "../api/client.ts"
import { Refusal } from "../api/refusal.ts"

/** Pictures kept in memory at most; the least recently asked for goes first. */
const BOUND = 200

const pictures = new Map<string, Signal<string | undefined>>()

/**
 * The picture of a person as a `data:` address: it stays in this page's memory, where an address of the node would need the token
 * and a blob may be moved to disk by the browser. Undefined until it is there.
 */
export function pictureOf(person: PersonKey, version: string): Signal<string | undefined> {
  const key = `${person} ${version}`
  let picture = pictures.get(key)
  if (picture === undefined) {
    picture = signal(undefined)
    load(person, version, picture).catch((error: unknown) => {
      // What the node refuses stays without a picture; what was cut off is asked for again.
      if (!(error instanceof Refusal)) pictures.delete(key)
    })
  } else {
    pictures.delete(key)
  }
  pictures.set(key, picture)
  const oldest = pictures.keys().next().value
  if (pictures.size > BOUND && oldest !== undefined) pictures.delete(oldest)
  return picture
}

async function load(person: PersonKey, version: string, into: Signal<string | undefined>): Promise<void> {
  into.value = await dataUrl(await api.picture(person, version))
}

/** Reads a blob as a `data:` address. */
export function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener("load", () => resolve(typeof reader.result === "string" ? reader.result : ""))
    reader.addEventListener("error", () => reject(reader.error ?? new Error("the picture could not be read")))
    reader.readAsDataURL(blob)
  })
}

export function forgetPictures(): void {
  pictures.clear()
}
