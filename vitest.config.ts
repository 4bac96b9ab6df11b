import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    reporters: ["./packages/testkit/src/reporter.ts"],
    projects: [
      {
        test: {
          name: "node",
          include: ["packages/*/src/**/*.test.ts", "apps/cli/src/**/*.test.ts", "tests/program/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "web",
          include: ["apps/web/src/**/*.test.ts", "tests/web/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
