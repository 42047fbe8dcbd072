import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

export type ConnectTo = Parameters<buildConnector.connector>[0]

/** What undici's pool for an origin asks a connector for, before it does. */
export function connectTo(origin: string): ConnectTo {
  const { protocol, host, hostname, port } = new URL(origin)
  return { protocol, host, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port }
}

/** TLS sessions that are kept, of as many upstreams. */
const SESSIONS = 100

/**
 * Opens connections, and resumes TLS sessions: undici keeps those by weak references, in a cache that goes with the last connection
 * to an upstream, so that no new connection after a pause resumed one.
 */
export function connectorOf(timeout: number): buildConnector.connector {
  const open = buildConnector({ timeout })
  const sessions = new Map<string, Buffer>()
  return (to, done) => {
    // The types have no result; the socket is there from the start, and a session may come before the connection is ready.
    const socket = open(to, done) as unknown as Socket
    if (to.protocol === 'https:')
      socket.on('session', (session: Buffer) => {
        const name = to.servername || to.hostname
        sessions.delete(name)
        if (sessions.size >= SESSIONS) sessions.delete(sessions.keys().next().value!)
        sessions.set(name, session) // what undici refers to weakly lives as long as this
      })
    return socket as never
  }
}
