import { Composer } from "../notes/composer.tsx"
import { Timeline } from "../notes/timeline.tsx"
import { PageHead } from "../parts/page-head.tsx"
import { SheetOffer } from "./sheet-offer.tsx"

export function Home() {
  return (
    <>
      <PageHead title="Home" unseen />
      <Composer />
      <SheetOffer />
      <Timeline />
    </>
  )
}
