import type { Socket } from "node:net"

/** Both ends of a socket as text: the same for a plain socket and for the one that TLS makes of it. */
export const socketEnds = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  [localAddress, localPort, remoteAddress, remotePort].join(" ")
