/**
 * @typedef {import('./bench.mjs').Bench} Bench
 * @typedef {import('./scenarios/types.mjs').Scenario} Scenario
 * @typedef {import('./subjects/types.mjs').Subject} Subject
 *
 * @typedef {object} Series
 * @property {Record<string, number>[]} cells one a round; empty where the round failed
 * @property {string[]} faults
 *
 * @typedef {Record<string, Record<string, Series>>} Results by scenario and subject
 */

/**
 * Runs each scenario with all subjects in turn, round after round, so that whatever else the machine does hits all of
 * them alike. After `deadline` no further round begins.
 * @param {Bench} bench @param {readonly Scenario[]} scenarios @param {readonly Subject[]} subjects
 * @param {{ rounds: number, quick: boolean, deadline: number, note: (text: string) => void, progress: (text: string) => void }} options
 * @returns {Promise<Results>}
 */
export async function runSession(bench, scenarios, subjects, { rounds, quick, deadline, note, progress }) {
  /** @type {Results} */
  const results = {}
  for (const scenario of scenarios) {
    const missing = scenario.missing?.(bench)
    if (missing) {
      note(`${scenario.name} was left out: ${missing}`)
      continue
    }
    const taking = [...subjects, ...(scenario.more ?? [])].filter(scenario.takes)
    if (taking.length === 0) continue
    const series = Object.fromEntries(
      taking.map(({ name }) => [name, /** @type {Series} */ ({ cells: [], faults: [] })]),
    )
    results[scenario.name] = series
    const turns = Math.max(
      rounds,
      quick ? Math.min(3, scenario.leastRounds ?? 1) : (scenario.leastRounds ?? 1),
    )
    const out = new Set()
    for (let round = 0; round < turns; round++) {
      if (performance.now() > deadline) {
        note(`time is up: ${scenario.name} has ${round} of ${turns} rounds`)
        break
      }
      for (const subject of taking.filter(({ name }) => !out.has(name))) {
        progress(`${scenario.name}, round ${round + 1} of ${turns}: ${subject.name}`)
        const cell = await scenario.run(bench, subject, { round, quick, subjects: taking }).catch((error) => {
          out.add(subject.name) // it could not even be started, or broke down: it takes no further turn here
          return { wrong: error instanceof Error ? error.message : String(error) }
        })
        const { wrong, ...numbers } = cell
        series[subject.name].cells.push(wrong ? {} : numbers)
        if (wrong) series[subject.name].faults.push(wrong)
      }
    }
  }
  return results
}

/** Appends the rounds of `more`. @param {Results} results @param {Results} more */
export function merge(results, more) {
  for (const [scenario, series] of Object.entries(more)) {
    results[scenario] ??= {}
    for (const [subject, { cells, faults }] of Object.entries(series)) {
      results[scenario][subject] ??= { cells: [], faults: [] }
      results[scenario][subject].cells.push(...cells)
      results[scenario][subject].faults.push(...faults)
    }
  }
}
