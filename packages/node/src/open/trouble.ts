import { StorageError } from "@tessera/mosaic-server"
import { diskFault } from "../adapters/disk-fault.ts"

/** A sentence for the person about something that failed behind their back. */
export function troubleSentence(error: unknown): string {
  const fault = diskFault("Tessera's data", error)
  if (fault instanceof StorageError && fault.reason === "full") {
    return "The disk is full. What arrives now cannot be kept; make room, and Tessera fetches it again."
  }
  if (fault instanceof StorageError) return fault.message
  return "Something in Tessera failed just now. It tries again by itself; if this stays, start Tessera again."
}
