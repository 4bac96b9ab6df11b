import { expect, test } from "vitest"
import { OFF, type TorStatus, type TorTrouble, statusAfter } from "./status.ts"

const STARTING: TorStatus = { ...OFF, phase: "starting" }

const after = (events: readonly string[], hasNetwork = true): TorStatus =>
  events.reduce((status, event) => statusAfter(status, event, () => hasNetwork), STARTING)

const progress = (percent: number): string => `STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=${percent} TAG=x SUMMARY="Doing x"`
const stuck = (reason: string, count: number, recommendation = "ignore"): string =>
  `STATUS_CLIENT WARN BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY="Connecting" WARNING="x" REASON=${reason} COUNT=${count} RECOMMENDATION=${recommendation} HOSTID="x" HOSTADDR="x"`
const SKEW = 'STATUS_GENERAL WARN CLOCK_SKEW SKEW=-7200 SOURCE="CONSENSUS"'

test("tor finds into its network step by step", () => {
  expect(after([progress(5)])).toEqual({ phase: "starting", progress: 5, reachable: false })
  expect(after([progress(5), progress(100)])).toEqual({ phase: "connected", progress: 100, reachable: false })
  expect(after([progress(100), "STATUS_CLIENT NOTICE CIRCUIT_NOT_ESTABLISHED REASON=CLOCK_JUMPED"]).phase).toBe("starting")
  expect(after([progress(90), "STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED"]).phase).toBe("connected")
})

test.each<[string, readonly string[], boolean, TorTrouble | undefined]>([
  ["one failure is none yet", [stuck("TIMEOUT", 1)], true, undefined],
  ["several are a wall", [stuck("TIMEOUT", 1), stuck("CONNECTREFUSED", 3)], true, "blocked"],
  ["tor itself recommends to warn", [stuck("TLS_ERROR", 1, "warn")], true, "blocked"],
  ["no route leads out", [stuck("NOROUTE", 1)], true, "no-network"],
  ["this device is on no network", [stuck("TIMEOUT", 1)], false, "no-network"],
  ["the network went away", [progress(100), "NETWORK_LIVENESS DOWN"], false, "no-network"],
  ["tor is idle", [progress(100), "NETWORK_LIVENESS DOWN"], true, undefined],
  ["the clock is off", [SKEW], true, "clock"],
  ["the clock is off, and so nothing works", [SKEW, stuck("TIMEOUT", 9)], true, "clock"],
  ["the clock was put right", [SKEW, progress(100)], true, undefined],
  ["it got further", [stuck("TIMEOUT", 9), progress(10)], true, undefined],
  ["it did not get further", [progress(5), stuck("TIMEOUT", 9), progress(5)], true, "blocked"],
  ["the network is back", [stuck("NOROUTE", 1), "NETWORK_LIVENESS UP"], true, undefined],
])("%s", (_name, events, hasNetwork, trouble) => {
  expect(after(events, hasNetwork).trouble).toBe(trouble)
})

test("what tells nothing changes nothing", () => {
  for (const event of [
    "",
    "HS_DESC UPLOAD x",
    "STATUS_CLIENT",
    "STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=abc",
    "STATUS_GENERAL NOTICE DIR_ALL",
  ])
    expect(statusAfter(STARTING, event, () => true)).toBe(STARTING)
  const done = after([progress(100)])
  expect(statusAfter(done, progress(100), () => true)).toBe(done)
})
