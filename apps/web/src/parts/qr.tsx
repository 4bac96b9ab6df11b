import type { QrCode } from "@tessera/node/api"

/** A QR code, always dark on white: many cameras do not read the reverse. */
export function Qr({ code, label }: { code: QrCode; label: string }) {
  return (
    <svg class="qr" viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path fill="#fff" d={`M0 0h${code.size}v${code.size}H0z`} />
      <path fill="#000" d={code.path} />
    </svg>
  )
}
