import * as z from "zod"
import type {
  CardRequest,
  EditNote,
  FollowRequest,
  NewNote,
  PassphraseRequest,
  PetnameRequest,
  ProfileRequest,
  RecoverySheetRequest,
  RestoreRequest,
  Settings,
  SetupRequest,
  UnlockRequest,
} from "./contract.ts"

// Lengths here only keep nonsense out; what a person may really enter is said by the features, in sentences.
const passphrase = z.string().max(8_192)
const line = z.string().max(8_192)
const text = z.string().max(100_000)
/** A field that may be left out: `null` and absence are different things here. */
const optional = <T>(schema: z.ZodType<T>) => z.exactOptional(schema)

export const setupRequest: z.ZodType<SetupRequest> = z.object({ name: line, passphrase })
export const restoreRequest: z.ZodType<RestoreRequest> = z.object({ sheet: text, passphrase, name: line })
export const unlockRequest: z.ZodType<UnlockRequest> = z.object({ passphrase })
export const profileRequest: z.ZodType<ProfileRequest> = z.object({
  displayName: line,
  about: text,
  picture: optional(z.string().max(500_000).nullable()),
  passphrase,
})
export const passphraseRequest: z.ZodType<PassphraseRequest> = z.object({ current: passphrase, next: passphrase })
export const recoverySheetRequest: z.ZodType<RecoverySheetRequest> = z.object({ passphrase })
export const settingsRequest: z.ZodType<Partial<Settings>> = z.object({
  theme: optional(z.enum(["system", "light", "dark"])),
  recoverySheetOffered: optional(z.boolean()),
})
export const newNote: z.ZodType<NewNote> = z.object({ text, replyTo: optional(line) })
export const editNote: z.ZodType<EditNote> = z.object({ text })
export const cardRequest: z.ZodType<CardRequest> = z.object({ card: text })
export const followRequest: z.ZodType<FollowRequest> = z.object({ card: text, petname: optional(line) })
export const petnameRequest: z.ZodType<PetnameRequest> = z.object({ petname: line })
