import crypto from "node:crypto"
import { syncBuiltinESMExports } from "node:module"
import timersPromises from "node:timers/promises"
import { type Context, currentContext } from "./context.ts"
import { VirtualTimeout } from "./virtual-timeout.ts"

type Callback = (...args: unknown[]) => void

/** Replaces one property of an object and remembers how to put it back. */
function replace<O extends object, K extends keyof O>(undo: (() => void)[], object: O, key: K, make: (real: O[K]) => unknown): void {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  const real = object[key]
  Object.defineProperty(object, key, { value: make(real), configurable: true, writable: true, enumerable: descriptor?.enumerable ?? true })
  undo.push(() => {
    if (descriptor === undefined) Reflect.deleteProperty(object, key)
    else Object.defineProperty(object, key, descriptor)
  })
}

/**
 * Gives code in a simulation the simulation's time, timers and chance wherever it asks the globals of JavaScript and Node for them, so that nothing
 * of a run depends on the real ones. Code outside of a simulation (the test runner) keeps the real ones. Returns how to undo it.
 */
export function installVirtualGlobals(): () => void {
  const undo: (() => void)[] = []
  replaceTimers(undo)
  replaceTime(undo)
  replaceChance(undo)
  replaceThreads(undo)
  syncBuiltinESMExports()
  return () => {
    for (const step of undo.toReversed()) step()
    syncBuiltinESMExports()
  }
}

function replaceTimers(undo: (() => void)[]): void {
  const start = (real: unknown, repeats: boolean) =>
    function virtual(run: Callback, delay?: number, ...args: unknown[]) {
      const context = currentContext()
      if (context === undefined) return (real as Callback)(run, delay, ...args)
      return new VirtualTimeout(context, () => run(...args), delay ?? 0, repeats)
    }
  const stop = (real: unknown) =>
    function virtual(timer: unknown) {
      if (timer instanceof VirtualTimeout) timer.close()
      else (real as Callback)(timer)
    }
  replace(undo, globalThis, "setTimeout", (real) => start(real, false))
  replace(undo, globalThis, "setInterval", (real) => start(real, true))
  replace(undo, globalThis, "setImmediate", (real) => (run: Callback, ...args: unknown[]) => {
    const context = currentContext()
    return context === undefined ? real(run, ...args) : new VirtualTimeout(context, () => run(...args), 0, false)
  })
  replace(undo, globalThis, "clearTimeout", stop)
  replace(undo, globalThis, "clearInterval", stop)
  replace(undo, globalThis, "clearImmediate", stop)
  replace(undo, AbortSignal, "timeout", (real) => (delay: number) => {
    const context = currentContext()
    if (context === undefined) return real.call(AbortSignal, delay)
    const controller = new AbortController()
    context.schedule(delay, () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")))
    return controller.signal
  })
  replace(undo, timersPromises, "setTimeout", (real) => (delay?: number, value?: unknown, options?: { signal?: AbortSignal }) => {
    const context = currentContext()
    return context === undefined ? real(delay, value, options) : virtualDelay(context, delay ?? 0, value, options?.signal)
  })
  replace(undo, timersPromises, "setImmediate", (real) => (value?: unknown) => {
    const context = currentContext()
    return context === undefined ? real(value) : new Promise((resolve) => context.schedule(0, () => resolve(value)))
  })
}

function virtualDelay(context: Context, delay: number, value: unknown, signal: AbortSignal | undefined): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer.cancel()
      reject(Object.assign(new Error("The operation was aborted", { cause: signal?.reason }), { name: "AbortError", code: "ABORT_ERR" }))
    }
    const timer = context.schedule(delay, () => {
      signal?.removeEventListener("abort", abort)
      resolve(value)
    })
    if (signal?.aborted === true) abort()
    else signal?.addEventListener("abort", abort, { once: true })
  })
}

function replaceTime(undo: (() => void)[]): void {
  replace(undo, globalThis, "Date", (Real) => {
    const now = (): number => currentContext()?.unixMillis() ?? Real.now()
    return class VirtualDate extends Real {
      constructor(...args: unknown[]) {
        // The real constructor takes what ours does; without arguments it would look at the real clock.
        super(...((args.length === 0 ? [now()] : args) as [number]))
      }
      static override now(): number {
        return now()
      }
    }
  })
  // What it measures is how long computing takes; here that is no time at all, on any machine.
  replace(undo, performance, "now", (real) => () => (currentContext() === undefined ? real.call(performance) : 0))
}

function replaceChance(undo: (() => void)[]): void {
  replace(undo, Math, "random", (real) => () => currentContext()?.random.fraction() ?? real())
  replace(undo, globalThis.crypto, "getRandomValues", (real) => <T extends ArrayBufferView>(into: T): T => {
    const context = currentContext()
    if (context === undefined) return (real as (view: ArrayBufferView) => unknown).call(globalThis.crypto, into) as T
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(context.random.bytes(into.byteLength))
    return into
  })
  replace(undo, crypto, "randomBytes", (real) => (size: number) => {
    const context = currentContext()
    return context === undefined ? real(size) : Buffer.from(context.random.bytes(size))
  })
}

/** The part of WebAssembly that is replaced; the type library of browsers, which knows it, is not loaded here. */
interface WebAssemblyGlobal {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(source: object, imports?: object): Promise<object>
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports?: object) => object
}

/** Work that Node gives to other threads, whose end no seed decides, is done at once instead. */
function replaceThreads(undo: (() => void)[]): void {
  const wasm = Reflect.get(globalThis, "WebAssembly") as WebAssemblyGlobal
  replace(undo, wasm, "compile", (real) => (bytes: Uint8Array) => {
    return currentContext() === undefined ? real(bytes) : Promise.resolve(new wasm.Module(bytes))
  })
  replace(undo, wasm, "instantiate", (real) => (source: object, imports?: object) => {
    if (currentContext() === undefined) return real(source, imports)
    if (source instanceof wasm.Module) return Promise.resolve(new wasm.Instance(source, imports))
    const module = new wasm.Module(source as Uint8Array)
    return Promise.resolve({ module, instance: new wasm.Instance(module, imports) })
  })
  for (const name of ["argon2", "hkdf", "pbkdf2", "scrypt"]) atOnce(undo, crypto as unknown as Record<string, Callback>, name)
}

/** Lets a function that calls back from another thread do its work here and now, as its sister whose name ends in `Sync` does. */
function atOnce(undo: (() => void)[], library: Record<string, Callback>, name: string): void {
  const sister = library[`${name}Sync`]
  // Older versions of Node do not have all of them.
  if (sister === undefined) return
  replace(undo, library, name, (real) => (...args: unknown[]) => {
    if (currentContext() === undefined) return real?.(...args)
    const done = args.pop() as (error: Error | null, result: unknown) => void
    const result = sister(...args)
    queueMicrotask(() => done(null, result))
  })
}
