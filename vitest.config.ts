import { X509Certificate, createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { playwright } from "@vitest/browser-playwright"
import { defineConfig } from "vitest/config"
import { CHROMIUM } from "./tests/chromium.ts"

/** The key of the server that pages talk to in tests/page: Chromium takes a certificate of it that no authority has signed. */
const serverKey = new X509Certificate(readFileSync(new URL("tests/page/certificate.pem", import.meta.url))).publicKey
const serverKeyHash = createHash("sha256")
  .update(serverKey.export({ type: "spki", format: "der" }))
  .digest("base64")
const chromium = playwright({
  launchOptions: { ...CHROMIUM, args: [...CHROMIUM.args, `--ignore-certificate-errors-spki-list=${serverKeyHash}`] },
})

/** The tests with real tors take minutes: `npm run test:tor` runs all, `npm test` a quick part. */
const torTests = process.env["TOR_TESTS"] === "all" ? ["tests/tor/**/*.test.ts"] : ["tests/tor/quick.test.ts"]

export default defineConfig({
  test: {
    reporters: ["./packages/testkit/src/reporter.ts"],
    projects: [
      {
        test: {
          name: "node",
          include: [
            "packages/*/src/**/*.test.ts",
            "apps/cli/src/**/*.test.ts",
            "tests/program/**/*.test.ts",
            "tests/attack/**/*.test.ts",
            "tests/scenarios/**/*.test.ts",
            "tests/journey/**/*.test.ts",
          ],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "web",
          include: ["apps/web/src/**/*.test.ts", "tests/web/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 10_000 } },
        },
      },
      {
        test: {
          name: "tor",
          include: torTests,
          globalSetup: ["tests/tor/network.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          // One after the other: what they measure is time.
          fileParallelism: false,
        },
      },
      {
        // The protocol core runs in browsers as well: the same tests, once more. So does the client, with a real server.
        // What it imports is named here, since what the bundler finds only during a run makes the page load again, and tests fail.
        optimizeDeps: {
          include: [
            "@noble/curves/abstract/edwards.js",
            "@noble/curves/ed25519.js",
            "@noble/hashes/blake3.js",
            "@noble/hashes/scrypt.js",
            "@noble/hashes/sha2.js",
            "cborg",
            "fast-check",
            "hash-wasm",
          ],
        },
        test: {
          name: "browser",
          include: ["packages/mosaic/src/**/*.test.ts", "tests/page/**/*.test.ts"],
          globalSetup: ["tests/page/server.ts"],
          testTimeout: 60_000,
          browser: { enabled: true, headless: true, screenshotFailures: false, provider: chromium, instances: [{ browser: "chromium" }] },
        },
      },
    ],
  },
})
