import type { VerifiedRecord } from "@tessera/mosaic"
import type { Answers } from "./answers.ts"

/** One query that the server has not closed yet. */
export interface ClientQuery {
  readonly queryId: number
  readonly answers: Answers
  /** Whether this is what was asked for. */
  readonly accepts: (record: VerifiedRecord) => boolean
  /** Nobody waits for it any more: its id is free again when the server has closed it. */
  isGivenUp: boolean
  /** Of a reconciliation: the server's answer is outstanding. Of other queries undefined. */
  isAwaiting?: boolean
}

const IDS = 0x1_0000

/** The open queries of a connection. An id is used again only when the server has closed its query. */
export class QueryTable {
  readonly #queries = new Map<number, ClientQuery>()
  #last = 0

  /** @throws {RangeError} when 65,536 queries are open. */
  open(answers: Answers, accepts: ClientQuery["accepts"]): ClientQuery {
    if (this.#queries.size >= IDS) throw new RangeError("too many open queries")
    do this.#last = (this.#last + 1) % IDS
    while (this.#queries.has(this.#last))
    const query: ClientQuery = { queryId: this.#last, answers, accepts, isGivenUp: false }
    this.#queries.set(query.queryId, query)
    return query
  }

  get(queryId: number): ClientQuery | undefined {
    return this.#queries.get(queryId)
  }

  delete(queryId: number): void {
    this.#queries.delete(queryId)
  }

  fail(error: unknown): void {
    for (const { answers } of this.#queries.values()) answers.fail(error)
    this.#queries.clear()
  }
}
