import { fileURLToPath } from "node:url"
import type { TestProject } from "vitest/node"
import { Folder, RunningTessera } from "../program/tessera.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** Where a page reaches the server: `wss://host:port/`. */
    readonly serverUrl: string
    /** Its key: `mosrv0…`. */
    readonly serverKey: string
  }
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** Runs `tessera serve` for as long as pages are tested, with the certificate that the tests' Chromium takes. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await Folder.make()
  const tls = ["--tls-cert", file("certificate.pem"), "--tls-key", file("certificate-key.pem")]
  const server = await RunningTessera.start([
    "serve",
    "--data",
    folder.path,
    "--listen",
    "mosaicwss://127.0.0.1:0",
    ...tls,
    "--open",
    "--json",
  ])
  const [url = ""] = server.ready["urls"] as string[]
  project.provide("serverUrl", `wss://${new URL(url).host}/`)
  project.provide("serverKey", String(server.ready["serverKey"]))
  return async () => {
    await server[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  }
}
