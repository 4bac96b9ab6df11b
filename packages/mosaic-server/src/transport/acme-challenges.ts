import { type SecureContext, type TLSSocket, createSecureContext } from "node:tls"

/** The protocol by which an authority asks for a challenge's certificate. (RFC 8737, section 4) */
export const ACME_PROTOCOL = "acme-tls/1"

/** Chooses the protocol on top of TLS, and with it the certificate: authorities that ask for a challenge see it, everybody else the server's own. */
export class AcmeChallenges {
  #context: SecureContext | undefined

  /** @param challenge in PEM; undefined: there is none any more. */
  show(challenge: { readonly cert: string; readonly key: string } | undefined): void {
    this.#context = challenge === undefined ? undefined : createSecureContext(challenge)
  }

  /** What to speak with a peer that offers these; undefined: nothing, and TLS fails. */
  protocolFor(socket: TLSSocket, offered: readonly string[]): string | undefined {
    if (this.#context !== undefined && offered.includes(ACME_PROTOCOL)) {
      socket.setKeyCert(this.#context)
      return ACME_PROTOCOL
    }
    return offered.find((protocol) => protocol === "http/1.1")
  }
}
