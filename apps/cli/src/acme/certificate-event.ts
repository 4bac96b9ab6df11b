/** What happens to a certificate: for the log. Times in milliseconds since 1970. */
export type CertificateEvent =
  /** It is in use. */
  | { readonly type: "obtained"; readonly until: number; readonly renewal: number }
  /** Tried again at `again`; until then everything stays as it is. */
  | { readonly type: "failed"; readonly reason: string; readonly again: number }
  /** It is in use, but could not be kept in the folder. */
  | { readonly type: "notKept"; readonly reason: string }

/** A sentence for the person who runs the server. */
export function describeCertificateEvent(event: CertificateEvent, hostname: string): string {
  switch (event.type) {
    case "obtained":
      return `there is a new certificate for ${hostname}, good until ${day(event.until)}; the next comes about ${day(event.renewal)}.`
    case "failed":
      return `there is no new certificate for ${hostname}: ${event.reason}. The one in use stays; tried again at ${new Date(event.again).toISOString()}.`
    case "notKept":
      return `the new certificate for ${hostname} is in use, but cannot be kept: ${event.reason}.`
  }
}

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)
