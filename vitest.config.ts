import { playwright } from "@vitest/browser-playwright"
import { defineConfig } from "vitest/config"
import { CHROMIUM } from "./tests/chromium.ts"

const chromium = playwright({ launchOptions: CHROMIUM })

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
        // The protocol core runs in browsers as well: the same tests, once more.
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
          include: ["packages/mosaic/src/**/*.test.ts"],
          testTimeout: 60_000,
          browser: { enabled: true, headless: true, screenshotFailures: false, provider: chromium, instances: [{ browser: "chromium" }] },
        },
      },
    ],
  },
})
