import { DecodeError, formatReference, recordToJson, VerifyError, verifyRecord } from "@tessera/mosaic"
import { type Command, type Invocation, UsageError } from "../command.ts"
import { readInput } from "../input.ts"
import { readRecords, type RecordInput } from "../record-input.ts"

type Judged =
  | { readonly valid: true; readonly record: ReturnType<typeof verifyRecord> }
  | { readonly valid: false; readonly reason: string }

function judge(input: RecordInput): Judged {
  if (!("bytes" in input)) return { valid: false, reason: input.reason }
  try {
    return { valid: true, record: verifyRecord(input.bytes) }
  } catch (error) {
    if (error instanceof DecodeError || error instanceof VerifyError) return { valid: false, reason: error.reason }
    throw error
  }
}

function inspect(judged: Judged, { output }: Invocation): void {
  if (!judged.valid) {
    if (output.json) output.value({ valid: false, reason: judged.reason })
    else output.line(`not valid: ${judged.reason}`)
    return
  }
  const view = recordToJson(judged.record)
  if (output.json) output.value({ valid: true, ...view })
  else output.line(JSON.stringify(view, undefined, 2))
}

function verify(judged: Judged, { output }: Invocation): void {
  if (output.json)
    output.value(judged.valid ? { valid: true, id: formatReference(judged.record.id) } : { valid: false, reason: judged.reason })
  else output.line(judged.valid ? "valid" : `not valid: ${judged.reason}`)
}

export const record: Command = {
  help: `tessera record inspect [--json] FILE|-
tessera record verify  [--json] FILE|-

Reads a Mosaic record, checks its hash, keys and signature, and prints its fields (inspect) or only whether it is valid (verify).
FILE holds one binary record, or text with one record a line, as hex or morecord0…; - is standard input.

  --json    one JSON object a line for each record; an invalid one gives {"valid":false,"reason":"…"}

Exit code 1 when a record is not valid, or when there is none.

Example: tessera record inspect --json note.bin`,
  options: {},
  async run(invocation) {
    const [action, path, ...rest] = invocation.words
    if (action !== "inspect" && action !== "verify")
      throw new UsageError(action === undefined ? "Say inspect or verify." : `There is no "record ${action}".`)
    if (path === undefined || rest.length > 0) throw new UsageError("Name one file, or - for standard input.")
    const print = action === "inspect" ? inspect : verify
    let count = 0
    let broken = 0
    for await (const input of readRecords(readInput(path))) {
      const judged = judge(input)
      print(judged, invocation)
      count += 1
      if (!judged.valid) broken += 1
    }
    if (count === 0) print({ valid: false, reason: "length" }, invocation)
    return count > 0 && broken === 0 ? 0 : 1
  },
}
