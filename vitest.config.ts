import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    reporters: ["./packages/testkit/src/reporter.ts"],
    projects: [
      {
        test: {
          name: "node",
          include: ["packages/*/src/**/*.test.ts", "apps/cli/src/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
    ],
  },
})
