import {
  MICROBLOG_ROOT,
  RESULT,
  buildRecord,
  concatBytes,
  hashBlob,
  nonceFromText,
  parseSecretKey,
  parseServerKey,
  publicKeyOf,
  timestampFromUnixMillis,
} from "@tessera/mosaic"
import { WrongServerError, connect } from "@tessera/mosaic-client"
import { dialBrowser } from "@tessera/mosaic-client/browser"
import { expect, inject, test } from "vitest"

const url = inject("serverUrl")
const serverKey = parseServerKey(inject("serverKey"))
const newSecret = () => parseSecretKey(crypto.getRandomValues(new Uint8Array(32)))
const ann = newSecret()
let written = 0
/** Only its author may bring it: shows that a key was proved. */
const note = () =>
  buildRecord({
    author: publicKeyOf(ann),
    signer: ann,
    kind: MICROBLOG_ROOT,
    nonce: nonceFromText(`note ${(written += 1)}`),
    timestamp: timestampFromUnixMillis(Date.now() + written),
    fromAuthor: true,
  })
const byAnn = { authors: [publicKeyOf(ann)] }

test("a page proves its key to a server over TLS, brings records, asks for them and follows what comes", async () => {
  await using writer = await connect(await dialBrowser({ url, serverKey, clientKey: ann }))
  const [first, second] = [note(), note()]
  expect(await writer.submit(first)).toEqual({ code: RESULT.ACCEPTED })

  await using reader = await connect(await dialBrowser({ url, serverKey }))
  const found = await Array.fromAsync(reader.query(byAnn, { limit: 10 }))
  expect(found.map(({ id }) => id)).toEqual([first.id])
  const items = reader.subscribe(byAnn)[Symbol.asyncIterator]()
  expect(await items.next()).toMatchObject({ value: { record: { id: first.id } } })
  expect(await items.next()).toMatchObject({ value: { complete: true } })
  expect(await writer.submit(second)).toEqual({ code: RESULT.ACCEPTED })
  expect(await items.next()).toMatchObject({ value: { record: { id: second.id } } })
  await items.return?.()
})

test("a page without a key stays anonymous, and many records come in order", async () => {
  await using stranger = await connect(await dialBrowser({ url, serverKey }))
  expect(await stranger.submit(note())).toEqual({ code: RESULT.REQUIRES_AUTHENTICATION })
  await using writer = await connect(await dialBrowser({ url, serverKey, clientKey: ann }))
  const records = Array.from({ length: 100 }, note)
  const results = await Promise.all(records.map((record) => writer.submit(record)))
  expect(new Set(results.map(({ code }) => code))).toEqual(new Set([RESULT.ACCEPTED]))
  const found = await Array.fromAsync(stranger.query(byAnn, { limit: 100 }))
  expect(found.map(({ id }) => id)).toEqual(records.toReversed().map(({ id }) => id))
})

test("a page talks to nobody who does not prove the pinned key", async () => {
  await expect(dialBrowser({ url, serverKey: publicKeyOf(newSecret()), clientKey: ann })).rejects.toThrow(WrongServerError)
})

test("a page hands a blob over and gets it back", async () => {
  await using connection = await connect(await dialBrowser({ url, serverKey }))
  const content = new Uint8Array(1_500_000).map((_, at) => (at * 31 + (at >> 8)) & 0xff)
  const hash = await hashBlob(content)
  expect(await connection.submitBlob({ hash, length: content.length, content: [content] })).toEqual({ code: RESULT.ACCEPTED })
  const pieces = await Array.fromAsync(connection.getBlob(hash))
  expect(await hashBlob(concatBytes(...pieces))).toEqual(hash)
})
