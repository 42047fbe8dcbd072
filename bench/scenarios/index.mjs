import { GOALS } from '../goals.mjs'
import { heldBodies } from './bodies.mjs'
import { pauses } from './pauses.mjs'
import { processes } from './process.mjs'
import { requests } from './requests.mjs'
import { seen } from './seeing.mjs'
import { streams } from './streams.mjs'
import { workers } from './workers.mjs'

const ALL = [...requests, ...streams, ...pauses, ...processes, ...heldBodies, ...seen, workers]

/** What the goals speak of comes first, in case that time runs out. */
const FIRST = [...new Set(GOALS.map(({ scenario }) => scenario))]
const rank = (/** @type {{ name: string }} */ { name }) =>
  FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length

/** @type {readonly import('./types.mjs').Scenario[]} */
export const SCENARIOS = ALL.toSorted((a, b) => rank(a) - rank(b))
