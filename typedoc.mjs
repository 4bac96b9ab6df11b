/** What `npm run docs` writes, and what `npm run check` demands: every export of the libraries has its sentence. */
const demands = {
  requiredToBeDocumented: ["Class", "Function", "Interface", "TypeAlias", "Variable"],
  validation: { invalidLink: true, notDocumented: true, notExported: false },
}

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  entryPointStrategy: "packages",
  entryPoints: ["packages/mosaic", "packages/mosaic-server", "packages/mosaic-client"],
  packageOptions: { ...demands, readme: "README.md" },
  ...demands,
  name: "Mosaic packages of Tessera",
  readme: "none",
  out: "dist/api",
  treatValidationWarningsAsErrors: true,
}
