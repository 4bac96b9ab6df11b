import { crashServerRounds } from "./server-crash.ts"

/** A part of `npm run soak:crash`: kills a real server so many times, and prints what it held. */

const { kills, acknowledged } = await crashServerRounds(Number(process.argv[2] ?? 200), (figures) => {
  if (figures.kills % 20 === 0) process.stdout.write(`${figures.kills} kills of a server: ${figures.acknowledged} records acknowledged\n`)
})
process.stdout.write(`killed a server ${kills} times: ${acknowledged} records acknowledged, none lost\n`)
