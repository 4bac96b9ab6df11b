import type { ZodType } from "zod"
import { Refusal } from "../refusal.ts"

/** Bytes of a body: the longest note in the worst encoding fits. */
const BODY_LIMIT = 131_072
/** Of a profile, which may hold a picture in Base64. */
const PROFILE_LIMIT = 524_288

/** Bytes that the body for a path may have. */
export function bodyLimit(path: string): number {
  return path === "/api/me/profile" ? PROFILE_LIMIT : BODY_LIMIT
}

/**
 * Reads a JSON body and checks it, counting while it comes: a length that was not announced is bounded as well.
 * @throws {Refusal} `tooLarge` or `badRequest`.
 */
export async function readJson<T>(request: Request, schema: ZodType<T>): Promise<T> {
  const bytes = await readBounded(request, bodyLimit(new URL(request.url).pathname))
  const parsed = schema.safeParse(parse(bytes))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue === undefined || issue.path.length === 0 ? "" : ` “${issue.path.join(".")}” is not as it must be.`
  throw new Refusal("badRequest", `This request is not understood.${where}`)
}

async function readBounded(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.length
    if (length > limit) throw new Refusal("tooLarge", "This is too large to be sent. Make it smaller and try again.")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw new Refusal("badRequest", "This request is not understood: it is no JSON in UTF-8.")
  }
}
