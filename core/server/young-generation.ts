import { setFlagsFromString } from 'node:v8'

/**
 * V8 doubles the room for young objects as often as many of them stay, up to 16 MB twice, and takes none of it back in a process that
 * waits (Node 20 to 24). All that a start loads stays, and what the first request loads: 6 MB of an idle gateway for nothing. So the room
 * grows from the 20th request on.
 */
const REQUESTS = 20

/** Requests until then; 0: it grows. */
let left = 0

/** For a process that is the gateway's alone. */
export function holdYoungGeneration(): void {
  left = REQUESTS
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** A request is over. */
export function requestIsOver(): void {
  if (left > 0 && --left === 0) setFlagsFromString('--semi-space-growth-factor=2') // V8's own
}
