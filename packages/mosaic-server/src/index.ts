export * from "./store/port.ts"
export { openMemoryStore } from "./store/memory.ts"
