import { parseArgs } from 'node:util'

export const USAGE = `npm run bench -- [flags]
  --quick             under three minutes; exit code 1 for a wrong answer, and when a ratio that was reached is missed by more
                      than a third in the best of three tries
  --only a,b          scenarios whose names begin like this
  --subjects a,b      these subjects
  --rounds N          turns of each subject in each scenario (default 3)
  --plugins           what each plugin costs a request, and aiSdk an event of a stream, in one process
  --profile           profile agproxy instead of measuring: .cpuprofile, flame graph as SVG, top functions
  --dist DIR          agproxy's build (default dist/, built when it is missing)
  --no-compiler       use the stub and the load generator in Node even where there is a C compiler
  --list              names of scenarios and subjects`

/**
 * @typedef {object} Options
 * @property {boolean} quick
 * @property {boolean} plugins
 * @property {boolean} profile
 * @property {boolean} list
 * @property {boolean} compiler
 * @property {string[] | undefined} only
 * @property {string[] | undefined} subjects
 * @property {number} rounds
 * @property {string | undefined} dist
 */

/** @param {string[]} argv @returns {Options} Throws with a message for the user. */
export function readOptions(argv) {
  const refused = argv.find((arg) => /^--(baseline|compare|against)\b/.test(arg))
  if (refused) {
    throw new Error(
      `${refused}: numbers of two runs are not comparable (other load, other clock, other neighbours); run what you want to compare as subjects of one run`,
    )
  }
  const { values } = parseArgs({
    args: argv,
    options: {
      quick: { type: 'boolean', default: false },
      plugins: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      'no-compiler': { type: 'boolean', default: false },
      only: { type: 'string' },
      subjects: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      dist: { type: 'string' },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds takes a whole number from 1, not ${values.rounds}`)
  const { quick, plugins, profile, list, dist } = values
  return {
    quick,
    plugins,
    profile,
    list,
    rounds,
    dist,
    compiler: !values['no-compiler'],
    only: values.only?.split(','),
    subjects: values.subjects?.split(','),
  }
}

/** Those of `all` that `names` chooses. @template {{ name: string }} T @param {readonly T[]} all @param {string[] | undefined} names @param {boolean} prefixes */
export function choose(all, names, prefixes) {
  if (!names) return [...all]
  const fits = (/** @type {T} */ one, /** @type {string} */ name) =>
    prefixes ? one.name.startsWith(name) : one.name === name
  const unknown = names.find((name) => !all.some((one) => fits(one, name)))
  if (unknown !== undefined)
    throw new Error(`there is no '${unknown}'; there are ${all.map((one) => one.name).join(', ')}`)
  return all.filter((one) => names.some((name) => fits(one, name)))
}
