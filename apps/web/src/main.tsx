import { render } from "preact"
import { App } from "./app.tsx"
import { keepClock } from "./state/clock.ts"
import { live } from "./state/live.ts"
import { keepTheme } from "./state/theme.ts"
import { keepHistory } from "./state/view.ts"
import "./styles/main.css"

const root = document.querySelector("#app")
if (root === null) throw new Error("index.html has no #app")
// The token must be out of the address before anything else looks at it.
live()
keepHistory()
keepTheme()
keepClock()
render(<App />, root)
