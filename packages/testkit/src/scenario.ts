import { test } from "vitest"
import { formatSeed, seedsToRun } from "./simulation/seed.ts"
import { Simulation } from "./simulation/simulation.ts"

export interface ScenarioOptions {
  /** How many seeds run in the normal tests; 2 when left out. `SIM_SEED` runs those it names instead. */
  readonly seeds?: number
}

/** A test that tells a story in a simulation, under several seeds; a failure says which seed repeats it. */
export function scenario(name: string, story: (simulation: Simulation) => Promise<void>, options: ScenarioOptions = {}): void {
  for (const seed of seedsToRun(options.seeds ?? 2)) {
    test(`${name} (${formatSeed(seed)})`, () => new Simulation(seed).run(story))
  }
}
