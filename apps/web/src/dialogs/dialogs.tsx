import { dialog } from "../state/dialog.ts"
import { AddDialog } from "./add-dialog.tsx"
import { CardDialog } from "./card-dialog.tsx"
import { PassphraseDialog } from "./passphrase-dialog.tsx"
import { SheetDialog } from "./sheet-dialog.tsx"

/** The dialog that is open. */
export function Dialogs() {
  const open = dialog.value
  switch (open?.name) {
    case "card":
      return <CardDialog />
    case "add":
      return <AddDialog key={open.card} {...(open.card === undefined ? {} : { card: open.card })} />
    case "passphrase":
      return <PassphraseDialog />
    case "sheet":
      return <SheetDialog />
    case undefined:
      return null
  }
}
