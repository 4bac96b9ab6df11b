import { tryNow } from "../state/live.ts"
import { answering, trouble } from "../state/session.ts"

/** Says quietly when the node does not answer, or what is wrong with it. */
export function StatusLine() {
  return (
    <div class="status-line" role="status">
      {!answering.value ? (
        <p>
          <span>
            Tessera does not answer on this device. Looking for it again… If it was ended, start it anew: that opens a page of its own.
          </span>
          <button type="button" class="quiet" onClick={tryNow}>
            Try now
          </button>
        </p>
      ) : (
        trouble.value !== "" && <p>{trouble.value}</p>
      )}
    </div>
  )
}
