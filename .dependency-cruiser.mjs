/** The fences of the house: one rule for each arrow that ARCHITECTURE.md does not draw. */
const own = (...names) => `^(packages|apps)/(${names.join("|")})/`
const tests = "\\.test(-suite)?\\.tsx?$"

const mayImport = (name, allowed) => ({
  name: `${name}-imports-only-what-it-may`,
  comment: `${name} may import of ours: ${allowed.length === 0 ? "nothing" : allowed.join(", ")}.`,
  severity: "error",
  from: { path: own(name), pathNot: tests },
  to: { path: "^(packages|apps)/", pathNot: own(name, ...allowed) },
})

export default {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    mayImport("mosaic", []),
    mayImport("mosaic-server", ["mosaic"]),
    mayImport("mosaic-client", ["mosaic"]),
    mayImport("mosaic-conformance", ["mosaic"]),
    mayImport("node", ["mosaic", "mosaic-server", "mosaic-client"]),
    mayImport("testkit", ["mosaic", "mosaic-server", "mosaic-client", "node"]),
    mayImport("cli", ["mosaic", "mosaic-server", "mosaic-client", "mosaic-conformance", "node"]),
    {
      name: "web-imports-the-contract-only",
      comment: "The interface knows the API's types and paths, and nothing else of the node.",
      severity: "error",
      from: { path: own("web"), pathNot: tests },
      to: { path: "^packages/", pathNot: "^packages/(node/src/api/contract\\.ts|mosaic/)" },
    },
    {
      name: "mosaic-is-pure",
      comment: "The protocol core runs in browsers and workers alike.",
      severity: "error",
      from: { path: own("mosaic"), pathNot: tests },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "the-client-runs-in-pages",
      comment: "Only what dials from Node, and the DHT, may use Node's modules.",
      severity: "error",
      from: {
        path: own("mosaic-client"),
        pathNot: [tests, "^packages/mosaic-client/src/(dht/|transport/(tcp|websocket|certificate-of)\\.ts$)"],
      },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "testkit-is-for-tests",
      severity: "error",
      from: { path: "^(packages|apps)/", pathNot: [own("testkit"), tests] },
      to: { path: own("testkit") },
    },
    {
      name: "features-do-not-import-the-api",
      severity: "error",
      from: { path: "^packages/node/src/(?!api/|node\\.ts|index\\.ts)", pathNot: tests },
      to: { path: "^packages/node/src/api/(?!contract)" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(/dist/|node_modules)" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node"],
      extensions: [".ts", ".tsx", ".js", ".mjs"],
    },
    tsConfig: { fileName: "tsconfig.base.json" },
  },
}
