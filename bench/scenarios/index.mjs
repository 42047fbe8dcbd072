import { processes } from './process.mjs'
import { requests } from './requests.mjs'
import { streams } from './streams.mjs'
import { workers } from './workers.mjs'

/** @type {readonly import('./types.mjs').Scenario[]} */
export const SCENARIOS = [...requests, ...streams, ...processes, workers]
