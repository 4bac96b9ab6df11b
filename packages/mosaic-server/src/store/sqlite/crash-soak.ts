import { crashRounds } from "./crash-rounds.ts"

/** The program of `npm run soak:crash`: kills the record store's process so many times, and prints what it held. */

const rounds = Number(process.argv[2] ?? 200)
const figures = await crashRounds(rounds, ({ kills, batches, retractions }) => {
  if (kills % 20 === 0)
    process.stdout.write(`${kills} kills: ${batches} batches and ${retractions} retractions were promised and are there\n`)
})
process.stdout.write(
  `killed ${figures.kills} times: ${figures.batches} batches and ${figures.retractions} retractions acknowledged, none lost, none by halves\n`,
)
