import { Dialogs } from "./dialogs/dialogs.tsx"
import { Outside } from "./pages/outside.tsx"
import { SetUp } from "./pages/set-up.tsx"
import { Unlock } from "./pages/unlock.tsx"
import { Announcer } from "./parts/announcer.tsx"
import { Shell } from "./shell/shell.tsx"
import { StatusLine } from "./shell/status-line.tsx"
import { me } from "./state/me.ts"
import { stage } from "./state/session.ts"

function Stage() {
  switch (stage.value) {
    case "loading":
      return <main class="waiting-page" aria-busy />
    case "outside":
    case "ended":
      return <Outside />
    case "new":
      return <SetUp />
    case "locked":
      return <Unlock />
    case "open":
      return me.value === undefined ? <main class="waiting-page" aria-busy /> : <Shell />
  }
}

export function App() {
  return (
    <>
      {(stage.value !== "open" || me.value === undefined) && <StatusLine />}
      <Stage />
      <Dialogs />
      <Announcer />
    </>
  )
}
