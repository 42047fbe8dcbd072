import type { ServerResponse } from 'node:http'

/**
 * Ends the connection of an answer without a clean end. A pipelined answer has no socket while one before it is being written;
 * Node up to 22 destroys the socket when it gets one, Node 24 lets the client wait for ever.
 */
export function destroyAnswer(res: ServerResponse): void {
  if (!res.socket) res.once('socket', (socket) => socket.destroy())
  res.destroy()
}
