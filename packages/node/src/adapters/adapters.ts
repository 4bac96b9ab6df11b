export { openFileStorage } from "./file-storage.ts"
export { systemClock } from "./system-clock.ts"
export { systemRandom } from "./system-random.ts"
export { tcpNetwork } from "./tcp-network.ts"
