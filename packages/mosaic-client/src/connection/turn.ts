/** How long a connection may compute before other work gets its turn. */
const SLICE_MS = 5

let sliceStart = 0

/** Between two pieces of dear work (a signature takes about a millisecond): lets the event loop go on when its turn is over. */
export async function yieldTurn(): Promise<void> {
  if (performance.now() - sliceStart < SLICE_MS) return
  await nextTurn()
  sliceStart = performance.now()
}

/** Browsers have no `setImmediate`, and their timers wait for several milliseconds; a message to oneself is as quick. */
const nextTurn: () => Promise<void> =
  typeof setImmediate === "function"
    ? () => new Promise((resolve) => void setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel()
          const taken = (): void => {
            port1.close()
            resolve()
          }
          port1.addEventListener("message", taken, { once: true })
          port1.start()
          port2.postMessage(undefined)
        })
