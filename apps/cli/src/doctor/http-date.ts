import { request } from "node:https"
import type { MosaicUrl } from "@tessera/mosaic"
import { type Skew, skewOfDate } from "./clock.ts"

/** Asks a `mosaicwss` server for a page, and reads the Date of the answer: HTTP servers say what time it is, to a second. */
export async function skewByHttp(url: MosaicUrl, timeoutMs: number): Promise<Skew | undefined> {
  const sent = Date.now()
  return new Promise((resolve) => {
    const asked = request({
      host: url.host,
      port: url.port,
      path: "/",
      method: "HEAD",
      rejectUnauthorized: false,
      agent: false,
      timeout: timeoutMs,
    })
    asked.once("response", (response) => {
      const { date } = response.headers
      response.destroy()
      resolve(date === undefined ? undefined : skewOfDate(date, sent, Date.now()))
    })
    asked.once("timeout", () => asked.destroy())
    asked.once("error", () => resolve(undefined))
    asked.once("close", () => resolve(undefined))
    asked.end()
  })
}
