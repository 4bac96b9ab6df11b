import { ItemSetBuilder, respond, startInitiator, stepInitiator } from "@tessera/mosaic"
import { Source } from "../source.ts"
import { type Target, expectLaw, sampled } from "../target.ts"

const FRAME = 4_096

function setOf(seed: number, count: number) {
  const source = new Source(seed)
  const builder = new ItemSetBuilder()
  for (let index = 0; index < count; index += 1) builder.add(BigInt(index * 3), source.bytes(32))
  return builder.finish()
}

const [mine, theirs] = [setOf(1, 200), setOf(2, 200)]
const { message: opening } = begin()

function begin() {
  const step = startInitiator(mine, { frameLength: FRAME, mostNeeded: 1_000 })
  return { state: step.state, message: step.output.message ?? new Uint8Array(0) }
}

function finish<T>(steps: Generator<void, T, void>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

const answers = sampled(3, (index) => finish(respond(setOf(index + 5, 100), opening, FRAME)))

/** Negentropy of the side that answers: never more than a frame. */
export const responderTarget: Target = {
  name: "negentropy answers",
  share: 20,
  good: [opening, ...answers],
  take(bytes) {
    expectLaw(finish(respond(theirs, bytes, FRAME)).length <= FRAME, "an answer is longer than a frame")
  },
}

export const initiatorTarget: Target = {
  name: "negentropy asks",
  share: 20,
  good: answers,
  take(bytes) {
    // A state is stepped once, and remembers what was named.
    const step = finish(stepInitiator(begin().state, bytes))
    expectLaw((step.output.message?.length ?? 0) <= FRAME, "a message is longer than a frame")
  },
}
