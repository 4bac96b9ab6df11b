import { DecodeError } from "@tessera/mosaic"

/** One line of a reply; `data` is there when a block of lines followed it. */
export interface ReplyLine {
  readonly text: string
  readonly data?: string
}

/** What tor says on its control port: an answer, or an event (status 650) that nobody asked for. */
export interface ControlReply {
  /** Of the last line: 250 when all is well. */
  readonly status: number
  readonly lines: readonly ReplyLine[]
}

/** Longest line, and longest reply, in bytes. What we ask for needs a few hundred. */
const LINE_BYTES = 16 * 1024
const REPLY_BYTES = 256 * 1024
const LINE = /^([2-6]\d\d)([ +-])(.*)$/su
const LF = 0x0a

interface DataLine {
  readonly text: string
  readonly data: string[]
}

/** Cuts the bytes of a control connection into replies (control-spec, "Replies from Tor to the controller"). Holds at most one unfinished reply. */
export class ReplyReader {
  #fragments: Uint8Array[] = []
  #fragmentBytes = 0
  #replyBytes = 0
  #lines: ReplyLine[] = []
  #isEvent = false
  #open: DataLine | undefined

  /**
   * Takes the next bytes, however they were cut, and gives the replies that are complete.
   * @throws {DecodeError} when it is not the control protocol, or too long; the reader is of no use then.
   */
  push(bytes: Uint8Array): ControlReply[] {
    const replies: ControlReply[] = []
    let start = 0
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      const reply = this.#takeLine(this.#join(bytes.subarray(start, end)))
      if (reply !== undefined) replies.push(reply)
      start = end + 1
    }
    this.#keep(bytes.slice(start))
    return replies
  }

  #keep(fragment: Uint8Array): void {
    this.#fragmentBytes += fragment.length
    if (this.#fragmentBytes > LINE_BYTES) throw new DecodeError("control reply: line too long")
    if (fragment.length > 0) this.#fragments.push(fragment)
  }

  #join(end: Uint8Array): string {
    this.#keep(end)
    const line = Buffer.concat(this.#fragments).toString("latin1")
    this.#fragments = []
    this.#fragmentBytes = 0
    this.#replyBytes += line.length + 1
    if (this.#replyBytes > REPLY_BYTES) throw new DecodeError("control reply: too long")
    if (!line.endsWith("\r")) throw new DecodeError("control reply: line end")
    return line.slice(0, -1)
  }

  #takeLine(line: string): ControlReply | undefined {
    if (this.#open !== undefined) {
      this.#takeData(this.#open, line)
      return undefined
    }
    const [, status = "", kind, text = ""] = LINE.exec(line) ?? []
    if (kind === undefined) throw new DecodeError("control reply: line")
    const isEvent = status.startsWith("6")
    if (this.#lines.length > 0 && isEvent !== this.#isEvent) throw new DecodeError("control reply: status")
    this.#isEvent = isEvent
    if (kind === "+") {
      this.#open = { text, data: [] }
      return undefined
    }
    this.#lines.push({ text })
    if (kind === "-") return undefined
    const lines = this.#lines
    this.#lines = []
    this.#replyBytes = 0
    return { status: Number(status), lines }
  }

  #takeData(open: DataLine, line: string): void {
    if (line !== ".") {
      open.data.push(line.startsWith(".") ? line.slice(1) : line)
      return
    }
    this.#lines.push({ text: open.text, data: open.data.join("\n") })
    this.#open = undefined
  }
}
