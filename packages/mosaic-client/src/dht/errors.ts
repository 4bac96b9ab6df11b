/** No node of the DHT answers: nothing is known about what is in it. */
export class DhtUnreachableError extends Error {
  override readonly name = "DhtUnreachableError"
}
