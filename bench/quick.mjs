import { GOALS, isLost, judge, meets } from './goals.mjs'
import { merge, runSession } from './session.mjs'

/** @typedef {import('./session.mjs').Results} Results */

const TRIES = 3
const SLACK = 1 / 3
const key = (/** @type {import('./goals.mjs').Verdict} */ { scenario, text, subject }) =>
  `${scenario} ${text} ${subject}`

/** The scenarios that the quick run needs. */
export const QUICK_SCENARIOS = [...new Set(GOALS.filter((goal) => goal.quick).map((goal) => goal.scenario))]

/**
 * A try is one round of what is still open. A goal that is missed by more than a third in the best of three is told; it is
 * lost, and the run fails, when it also stays a third below what was reached before.
 * @param {import('./bench.mjs').Bench} bench @param {readonly import('./scenarios/types.mjs').Scenario[]} scenarios
 * @param {readonly import('./subjects/types.mjs').Subject[]} subjects @param {Results} results takes all rounds
 * @param {{ note: (text: string) => void, progress: (text: string) => void, deadline: number }} options
 * @returns {Promise<boolean>} whether no goal was lost
 */
export async function quickRun(bench, scenarios, subjects, results, { note, progress, deadline }) {
  let open = [...scenarios]
  /** @type {Set<string>} */
  const near = new Set()
  /** @type {Set<string>} */
  const safe = new Set()
  /** @type {import('./goals.mjs').Verdict[]} */
  let missed = []
  for (let tried = 1; tried <= TRIES && open.length > 0 && performance.now() < deadline; tried++) {
    const found = await runSession(bench, open, subjects, {
      rounds: 1,
      quick: true,
      deadline,
      note,
      progress,
    })
    merge(results, found)
    const verdicts = judge(found).filter((verdict) => verdict.quick)
    for (const verdict of verdicts) {
      if (meets(verdict, SLACK)) near.add(key(verdict))
      if (near.has(key(verdict)) || !isLost(verdict)) safe.add(key(verdict))
    }
    missed = verdicts.filter((verdict) => !near.has(key(verdict)))
    for (const { text, found } of missed) progress(`try ${tried}: ${text}: ${found.median.toFixed(2)}`)
    open = open.filter(({ name }) => missed.some(({ scenario }) => scenario === name))
  }
  for (const { text, subject } of missed)
    note(`${text}, ${subject}: missed by more than a third in the best of ${TRIES} tries`)
  const lost = missed.filter((verdict) => !safe.has(key(verdict)))
  for (const { text, subject } of lost) note(`${text}, ${subject}: a third below what was reached`)
  return lost.length === 0
}
