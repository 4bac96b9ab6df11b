import { setTimeout as delay } from "node:timers/promises"
import { type Authorization, type Order, Client, axios, crypto as acme } from "acme-client"
import { certificateLife } from "./certificate-life.ts"
import type { AcmeAccount, CertificateOwner, ObtainedCertificate } from "./certificate-store.ts"

/** A certificate for those who ask for the protocol `acme-tls/1`. */
interface Challenge {
  readonly cert: string
  readonly key: string
}

/** What to ask an authority for. */
export interface ObtainOptions extends CertificateOwner {
  /** Where the authority may write to. */
  readonly email?: string
  /** One is made when there is none. */
  readonly account: AcmeAccount | undefined
  /** Shows a challenge to whoever asks for it, at every listener; undefined: no longer. */
  readonly showChallenge: (challenge: Challenge | undefined) => void
  readonly signal: AbortSignal
}

const CHALLENGE_TYPE = "tls-alpn-01"
const REQUEST_MS = 30_000
/** The most bytes of an answer. */
const ANSWER_BYTES = 1024 * 1024
/** How often an authority is asked whether it has decided, and for how long, in milliseconds. */
const ASK_AGAIN_MS = 1_000
const DECIDE_MS = 120_000

/**
 * Obtains a certificate by ACME (RFC 8555), proving that the name leads here by TLS-ALPN-01 (RFC 8737): on the port itself, so that no other is needed.
 *
 * @throws {Error} whose message says in words why there is none.
 * @throws the signal's reason when it aborts.
 */
export async function obtainCertificate(options: ObtainOptions): Promise<ObtainedCertificate> {
  const { hostname, directory, email, showChallenge, signal } = options
  // The library's own patience has no bounds, and cannot be interrupted.
  Object.assign(axios.defaults, { timeout: REQUEST_MS, maxContentLength: ANSWER_BYTES, maxRedirects: 0, signal })
  Object.assign(Reflect.get(axios.defaults, "acmeSettings") as object, { retryMaxAttempts: 0 })
  try {
    await reach(directory, signal)
    const accountKey = options.account?.key ?? (await acme.createPrivateEcdsaKey()).toString()
    const client = new Client({
      directoryUrl: directory,
      accountKey,
      ...(options.account !== undefined && { accountUrl: options.account.url }),
    })
    if (options.account === undefined)
      await client.createAccount({ termsOfServiceAgreed: true, ...(email !== undefined && { contact: [`mailto:${email}`] }) })
    const order = await client.createOrder({ identifiers: [{ type: "dns", value: hostname }] })
    for (const authorization of await client.getAuthorizations(order)) {
      if (authorization.status !== "valid") await prove(client, order, authorization, showChallenge, signal)
    }
    const [key, csr] = await acme.createCsr({ altNames: [hostname] }, await acme.createPrivateEcdsaKey())
    await decided(() => client.getOrder(order), "ready", signal)
    await client.finalizeOrder(order, csr)
    const finished = await decided(() => client.getOrder(order), "valid", signal)
    const cert = await client.getCertificate(finished)
    certificateLife({ cert, key: key.toString() }, hostname)
    return { account: { key: accountKey, url: client.getAccountUrl() }, cert, key: key.toString() }
  } catch (error) {
    signal.throwIfAborted()
    throw new Error(reasonOf(error), { cause: error })
  } finally {
    showChallenge(undefined)
  }
}

/** The library says nothing useful of an authority that cannot be reached. */
async function reach(directory: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(directory, { redirect: "error", signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]) })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the authority answers with HTTP ${response.status}`)
}

async function prove(
  client: Client,
  order: Order,
  authorization: Authorization,
  showChallenge: ObtainOptions["showChallenge"],
  signal: AbortSignal,
): Promise<void> {
  const challenge = authorization.challenges.find(({ type }: { readonly type: string }) => type === CHALLENGE_TYPE)
  if (challenge === undefined) throw new Error(`the authority does not offer the challenge ${CHALLENGE_TYPE}`)
  const [key, cert] = await acme.createAlpnCertificate(authorization, await client.getChallengeKeyAuthorization(challenge))
  showChallenge({ key: key.toString(), cert: cert.toString() })
  await client.completeChallenge(challenge)
  const ask = async (): Promise<Authorization> => {
    const all = await client.getAuthorizations(order)
    return all.find(({ url }) => url === authorization.url) ?? authorization
  }
  await decided(ask, "valid", signal)
}

/** Asks until what it asks for has a status; one that is `invalid` is an error. */
async function decided<Asked extends Order | Authorization>(
  ask: () => Promise<Asked>,
  wanted: string,
  signal: AbortSignal,
): Promise<Asked> {
  const end = performance.now() + DECIDE_MS
  for (;;) {
    const asked = await ask()
    // An order that is valid was ready.
    if (asked.status === wanted || asked.status === "valid") return asked
    if (asked.status !== "pending" && asked.status !== "processing" && asked.status !== "ready") throw new Error(refusal(asked))
    if (performance.now() > end) throw new Error("the authority does not decide")
    await delay(ASK_AGAIN_MS, undefined, { signal })
  }
}

function refusal(asked: Order | Authorization): string {
  const problems =
    "challenges" in asked ? asked.challenges.map((challenge) => Reflect.get(challenge, "error") as unknown) : [Reflect.get(asked, "error")]
  const details = problems.flatMap((problem) =>
    typeof problem === "object" && problem !== null ? [String(Reflect.get(problem, "detail"))] : [],
  )
  return `the authority refuses: ${details.join("; ") || asked.status}`
}

function reasonOf(error: unknown): string {
  // That is how the library says that nobody answered.
  if (!(error instanceof Error) || (error instanceof TypeError && error.message !== "fetch failed")) return "the authority does not answer"
  if (error.name === "TimeoutError") return "the authority does not answer in time"
  if (error.cause instanceof Error)
    return `the authority cannot be reached: ${error.cause.message || String(Reflect.get(error.cause, "code"))}`
  return error.message
}
