/** Characters of one event: the longest note with its author is far below; a stream that sends more is broken. */
export const EVENT_LIMIT = 2_000_000

/**
 * Splits a server-sent event stream into the data of its events, however the bytes were cut on the way.
 * Only `data` fields are used by the node; comments (keep-alives) and other fields are skipped.
 */
export class SseReader {
  private rest = ""
  private data: string[] = []
  private size = 0

  /**
   * Takes the next piece of text, returns the events that it completes.
   * @throws {RangeError} when one event is longer than `EVENT_LIMIT`
   */
  push(chunk: string): string[] {
    const events: string[] = []
    const lines = (this.rest + chunk).split("\n")
    this.rest = lines.pop() ?? ""
    for (const raw of lines) {
      const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw
      if (line === "") {
        if (this.data.length > 0) events.push(this.data.join("\n"))
        this.data = []
        this.size = 0
      } else if (line.startsWith("data:")) {
        const value = line.slice(line[5] === " " ? 6 : 5)
        this.data.push(value)
        this.size += value.length
      }
    }
    if (this.rest.length + this.size > EVENT_LIMIT) throw new RangeError("an event of the node is too long")
    return events
  }
}
