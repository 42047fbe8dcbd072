import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { workers as subject } from '../subjects/index.mjs'
import { smallJson } from './exchanges.mjs'

/** @type {import('./types.mjs').Scenario} */
export const workers = {
  name: 'workers',
  title: '1 kB of JSON, 64 connections: one process and two workers',
  columns: [
    {
      key: 'rate',
      title: 'req/s',
      digits: 0,
      than: { subject: 'claude-code', how: 'ratio', title: 'of one process', digits: 2 },
    },
    { key: 'cpu', title: 'CPU, µs/req', digits: 0 },
  ],
  more: [subject],
  missing({ dist }) {
    const args = [join(dist, 'bin.js'), 'start', '--help']
    const help = execFileSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env.PATH } })
    return help.includes('--workers') ? undefined : 'this agproxy has no `start --workers`'
  },
  takes: ({ name }) => name === 'claude-code' || name === subject.name,
  run: async (bench, one, { round }) =>
    bench.measure(await bench.instance(one), smallJson(bench.folder), {
      connections: 64,
      seconds: 2,
      warm: round > 0 ? 0.3 : 1,
    }),
}
