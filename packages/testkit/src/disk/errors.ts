/** Nothing more fits, as `ENOSPC` says it. */
export class DiskFullError extends Error {
  readonly code = "ENOSPC"
  constructor(disk: string) {
    super(`ENOSPC: no space left on ${disk}`)
    this.name = "DiskFullError"
  }
}

/** There is no file of this name, as `ENOENT` says it. */
export class NoSuchFileError extends Error {
  readonly code = "ENOENT"
  constructor(name: string) {
    super(`ENOENT: no such file: ${name}`)
    this.name = "NoSuchFileError"
  }
}
