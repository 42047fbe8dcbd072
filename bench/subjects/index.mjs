import { claudeCode, claudeCodeAnthropic, passthrough, workers } from './agproxy.mjs'
import { direct, http, nginx, undici, undiciCoalesced } from './bare.mjs'
import { laminar, portkey, router } from './peers.mjs'

/** In the order of their turns. @type {readonly import('./types.mjs').Subject[]} */
export const SUBJECTS = [
  direct,
  nginx,
  http,
  undici,
  undiciCoalesced,
  passthrough,
  claudeCode,
  claudeCodeAnthropic,
  portkey,
  router,
  laminar,
]

/** Those of the quick run: what its goals are measured against, and what has to meet them. */
export const QUICK_SUBJECTS = ['direct', 'undici', 'undici-coalesced', 'claude-code']

export { workers }
