import { claudeCodeTurn, smallJson } from './exchanges.mjs'

/** @typedef {import('./types.mjs').Scenario} Scenario */

/**
 * Seconds before a measurement. V8 goes on compiling for 3 s under load: with half a second for it, a request cost up to twice as
 * much as with three, and the more code a subject has, the more. @param {import('./types.mjs').Turn} turn
 */
export const warmth = ({ round }) => (round > 0 ? 0.15 : 3)

const RATE = {
  key: 'rate',
  title: 'req/s',
  digits: 0,
  than: { subject: 'undici', how: 'ratio', title: 'of undici' },
}
const CPU = {
  key: 'cpu',
  title: 'CPU, µs/req',
  digits: 0,
  than: { subject: 'undici', how: 'ratio', title: 'of undici' },
}
const P50 = {
  key: 'p50',
  title: 'p50, ms',
  digits: 2,
  than: { subject: 'direct', how: 'added', title: 'added' },
}
const P99 = {
  key: 'p99',
  title: 'p99, ms',
  digits: 2,
  than: { subject: 'direct', how: 'added', title: 'added' },
}

/** @param {number} connections @returns {Scenario} */
const small = (connections) => ({
  name: `small-${connections}`,
  title: `1 kB of JSON, ${connections} connection${connections > 1 ? 's' : ''}`,
  columns: /** @type {Scenario['columns']} */ (
    connections > 1 ? [RATE, P50, P99, CPU] : [P50, P99, RATE, CPU]
  ),
  takes: () => true,
  run: async (bench, subject, turn) =>
    bench.measure(await bench.instance(subject), smallJson(bench.folder), {
      connections,
      seconds: 1.2,
      warm: warmth(turn),
    }),
})

/** @param {number} size kB @param {number} connections @returns {Scenario} */
const body = (size, connections) => ({
  name: `body${size}-${connections}`,
  title: `Claude Code's body of ${size} kB, ${connections} connection${connections > 1 ? 's' : ''}`,
  columns: /** @type {Scenario['columns']} */ (connections > 1 ? [RATE, P50, P99, CPU] : [P50, P99, CPU]),
  takes: () => true,
  run: async (bench, subject, turn) =>
    bench.measure(await bench.instance(subject), claudeCodeTurn(bench.folder, size * 1000), {
      connections,
      seconds: connections > 1 ? 1.2 : 1.8,
      warm: warmth(turn),
    }),
})

export const requests = [
  small(1),
  small(32),
  small(256),
  body(50, 1),
  body(50, 32),
  body(300, 1),
  body(300, 32),
]
