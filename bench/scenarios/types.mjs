/**
 * @typedef {import('../bench.mjs').Bench} Bench
 * @typedef {import('../bench.mjs').Cell} Cell
 * @typedef {import('../subjects/types.mjs').Subject} Subject
 *
 * @typedef {object} Column
 * @property {string} key of a cell
 * @property {string} title
 * @property {number} digits
 * @property {{ subject: string, how: 'ratio' | 'added', title: string, digits?: number }} [than] what it is held against, round by round
 *
 * @typedef {object} Turn
 * @property {number} round
 * @property {boolean} quick
 * @property {readonly Subject[]} subjects all that take part
 *
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {readonly Column[]} columns
 * @property {number} [leastRounds]
 * @property {number} [mostRounds] where one round says as much as ten
 * @property {(bench: Bench) => string | undefined} [missing] why it can't be run
 * @property {(subject: Subject) => boolean} takes whether a subject takes part
 * @property {readonly Subject[]} [more] subjects of its own
 * @property {(bench: Bench, subject: Subject, turn: Turn) => Promise<Cell>} run
 */
export {}
