import dns from "node:dns"
import { syncBuiltinESMExports } from "node:module"

/** Something wanted to ask the network's name servers for an onion name, and would have told them and everybody on the way whom it wants to reach. */
export class OnionLookupError extends Error {
  override readonly name = "OnionLookupError"
  readonly code = "EONION"
  constructor() {
    super("an onion name was about to be looked up in the DNS; only tor may see it")
  }
}

type Method = (...args: readonly unknown[]) => unknown

const METHODS = [
  "lookup",
  "resolve",
  "resolve4",
  "resolve6",
  "resolveAny",
  "resolveCname",
  "resolveTxt",
  "resolveSrv",
  "resolveNs",
] as const

const isOnion = (name: unknown): boolean => typeof name === "string" && /\.onion\.?$/iu.test(name)

/**
 * From now on no look-up of an onion name leaves this process by Node's DNS functions, whoever asks: it fails with `OnionLookupError`. For example
 * `http.request` with `agent: false` ignores the connection that it was given, and asks the DNS.
 * @returns what takes the guard away again, for tests.
 */
export function forbidOnionLookups(): Disposable {
  const restore = [guard(dns, failLater), guard(dns.promises, failByPromise)]
  syncBuiltinESMExports()
  return {
    [Symbol.dispose]() {
      for (const undo of restore) undo()
      syncBuiltinESMExports()
    },
  }
}

function guard(target: object, fail: (args: readonly unknown[]) => unknown): () => void {
  const methods = target as Record<string, Method>
  const originals = METHODS.map((name) => [name, methods[name]] as const)
  for (const [name, original] of originals) {
    if (original === undefined) continue
    methods[name] = (...args) => (isOnion(args[0]) ? fail(args) : original.apply(target, [...args]))
  }
  return () => {
    for (const [name, original] of originals) if (original !== undefined) methods[name] = original
  }
}

/** As other failed look-ups are told: a peer that names an onion site must not end the process. */
function failLater(args: readonly unknown[]): void {
  const callback = args.at(-1)
  if (typeof callback !== "function") throw new OnionLookupError()
  process.nextTick(callback, new OnionLookupError())
}

const failByPromise = (): Promise<never> => Promise.reject(new OnionLookupError())
