import { expect, test } from "vitest"
import { type Invocation, UsageError } from "./command.ts"
import { readTlsOptions } from "./tls-options.ts"

const withOptions = (options: Invocation["options"]): Invocation => ({
  options,
  words: [],
  output: { json: false, line: () => {}, value: () => {}, say: () => {} },
  signal: new AbortController().signal,
})
const directory = "https://acme-v02.api.letsencrypt.org/directory"

test.each([
  [{}, { tls: "selfSigned", acme: undefined }],
  [{ "behind-proxy": true }, { tls: "proxy", acme: undefined }],
  [{ acme: "Mosaic.Example.ORG" }, { tls: "selfSigned", acme: { hostname: "mosaic.example.org", directory } }],
  [{ acme: "bücher.example" }, { tls: "selfSigned", acme: { hostname: "xn--bcher-kva.example", directory } }],
  [
    { acme: "example.org", "acme-directory": "https://127.0.0.1:14000/dir", "acme-email": "ann@example.org" },
    { tls: "selfSigned", acme: { hostname: "example.org", directory: "https://127.0.0.1:14000/dir", email: "ann@example.org" } },
  ],
])("%o is where a certificate comes from", async (options, expected) => {
  expect(await readTlsOptions(withOptions(options))).toEqual(expected)
})

test.each([
  { acme: "192.0.2.1" },
  { acme: "*.example.org" },
  { acme: "[::1]" },
  { acme: "" },
  { acme: "example.org", "behind-proxy": true },
  { acme: "example.org", "tls-cert": "a", "tls-key": "b" },
  { "behind-proxy": true, "tls-cert": "a", "tls-key": "b" },
  { "tls-cert": "a" },
  { "tls-key": "b" },
  { acme: "example.org", "acme-directory": "http://example.org/" },
  { acme: "example.org", "acme-email": "nobody" },
  { acme: "example.org", "acme-email": "a@b,c@d" },
  { "acme-email": "ann@example.org" },
  { "acme-directory": "https://example.org/" },
])("%o makes no sense", async (options) => {
  await expect(readTlsOptions(withOptions(options))).rejects.toThrow(UsageError)
})
