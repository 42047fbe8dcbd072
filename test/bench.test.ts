import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

// biome-ignore lint/suspicious/noExplicitAny: the bench is JavaScript, so that it needs no build
const load = (name: string): Promise<any> => import(new URL(`../bench/${name}.mjs`, import.meta.url).href)
const { median, paired, spread } = await load('stats')
const { judge, meets } = await load('goals')
const { answerChecks, upstreamFault } = await load('checks')
const { claudeCodeBody } = await load('payloads')
const { byOrigin, flameOf, flameSvg, topSelf } = await load('flame')
const { faults, markdown } = await load('report')

const series = (...cells: object[]) => ({ cells, faults: [] as string[] })

describe('statistics', () => {
  it('takes the middle, and the mean of two', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN])
    expect(spread([5, Number.NaN, 1])).toEqual({ median: 3, min: 1, max: 5, n: 2 })
  })

  it('compares within a round, and leaves out the rounds that one of the two lacks', () => {
    const ours = [{ rate: 10 }, {}, { rate: 40 }]
    const theirs = [{ rate: 20 }, { rate: 5 }, { rate: 10 }]
    expect(paired(ours, theirs, 'rate', 'ratio')).toEqual([0.5, 4])
    expect(paired(ours, theirs, 'rate', 'added')).toEqual([-10, 30])
  })
})

describe('goals', () => {
  const rates = (ours: number) => ({
    'small-32': { undici: series({ rate: 1000 }), 'claude-code': series({ rate: ours }) },
  })
  const verdict = (results: object) => judge(results).find((v: { quick?: boolean }) => v.quick)

  it('are met, missed, or missed by more than a third', () => {
    const said = [700, 690, 460].map((rate) => {
      const found = verdict(rates(rate))
      return [meets(found), meets(found, 1 / 3)]
    })
    expect(said).toEqual([
      [true, true],
      [false, true],
      [false, false],
    ])
  })

  it('with an upper limit are missed from above', () => {
    const results = { startup: { 'claude-code': series({ ready: 460, idle: 121 }) } }
    const said = judge(results).map((v: object) => [meets(v), meets(v, 1 / 3)])
    expect(said).toEqual([
      [false, false], // 121 MB of 90
      [false, true], // 460 ms of 350
    ])
  })
})

describe('what reached the upstream', () => {
  const body = claudeCodeBody(60_000)
  const stats = { requests: 3, min: body.length, max: body.length }
  const fault = (rewrites: string, first: Buffer, seen = stats) =>
    upstreamFault({ rewrites }, { body }, seen, first, 3)
  const fixed = (change: (body: { system: object[]; messages: object[] }) => void) => {
    const copy = JSON.parse(body.toString(), (key, value) => (key === 'cache_control' ? undefined : value))
    copy.model = 'glm-4.7'
    change(copy)
    return Buffer.from(JSON.stringify(copy))
  }

  it('must be the very bytes where nothing rewrites', () => {
    expect(fault('none', body)).toBeUndefined()
    expect(fault('none', Buffer.concat([body, Buffer.from(' ')]))).toMatch('was changed')
  })

  it('must be a request for each answer, all of one size', () => {
    expect(fault('none', body, { ...stats, requests: 2 })).toMatch('only 2 requests')
    expect(fault('none', body, { ...stats, min: 5 })).toMatch('5 to')
  })

  it('must show the fixes at work, and nothing lost', () => {
    expect(
      fault(
        'fixes',
        fixed(() => {}),
      ),
    ).toBeUndefined()
    expect(fault('fixes', body)).toMatch('not mapped')
    expect(
      fault(
        'fixes',
        fixed((b) => Object.assign(b.system[1] ?? {}, { cache_control: {} })),
      ),
    ).toMatch('cache_control')
    expect(
      fault(
        'fixes',
        fixed((b) => b.messages.splice(2, 1)),
      ),
    ).toMatch(/neighbours|lost/)
  })
})

describe('answers', () => {
  it('are compared byte for byte, but for subjects that render them anew', () => {
    const exchange = { name: 'x', answer: 'body', text: 'part', json: true, body: Buffer.alloc(0), stub: {} }
    const folder = mkdtempSync(join(tmpdir(), 'bench-'))
    expect(Object.keys(answerChecks(folder, {}, exchange))).toEqual(['expect'])
    expect(Object.keys(answerChecks(folder, { folds: true }, exchange))).toEqual(['contains'])
    expect(
      Object.keys(answerChecks(folder, { peer: true }, { ...exchange, json: false, deltas: 3 })),
    ).toEqual(['contains', 'count'])
  })
})

describe('report', () => {
  it('names wrong answers, and shows no number for them', () => {
    const results = { s: { a: series({ rate: 2000 }), b: { cells: [{}], faults: ['3 of 9 were wrong'] } } }
    const scenarios = [{ name: 's', title: 'S', columns: [{ key: 'rate', title: 'req/s', digits: 0 }] }]
    const subjects = [
      { name: 'a', title: 'A' },
      { name: 'b', title: 'B' },
    ]
    const text = markdown({ machine: {}, results, scenarios, subjects, notes: [] })
    expect(text).toContain('| A       | 2,000 |')
    expect(text).toContain('| B       |     – |')
    expect(text).toContain('**b in s**: 3 of 9 were wrong')
    expect(faults(results, new Set(['b']))).toEqual([])
  })
})

describe('flame graph', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 0, columnNumber: 0 })
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)'), children: [2, 4] },
      { id: 2, callFrame: frame('outer', 'core/a.ts'), children: [3] },
      { id: 3, callFrame: frame('in<ner', 'plugins/b/x.ts') },
      { id: 4, callFrame: frame('(idle)') },
    ],
    samples: [2, 3, 3, 4],
    timeDeltas: [1000, 2000, 3000, 9000],
  }
  const root = flameOf(profile, ({ url }: { url: string }) => url)

  it('adds samples up and leaves idle time out', () => {
    expect(root.total).toBe(6)
    expect(topSelf(root, 2).map((f: { name: string; self: number }) => [f.name, f.self])).toEqual([
      ['in<ner', 5],
      ['outer', 1],
    ])
    expect(byOrigin(root).slice(0, 2)).toEqual([
      ['plugins/b', 5],
      ['core', 1],
    ])
  })

  it('is an SVG with escaped names', () => {
    const svg = flameSvg(root, 'test')
    expect(svg).toContain('in&#60;ner plugins/b/x.ts – 5 ms, 83.3 %; itself 5 ms')
    expect(svg).not.toContain('in<ner')
  })
})

describe('command line', () => {
  const bench = fileURLToPath(new URL('../bench/run.mjs', import.meta.url))
  const run = (...flags: string[]) =>
    promisify(execFile)(process.execPath, [bench, ...flags]).catch((error) => error)

  it('refuses to compare across runs, and names that do not exist', async () => {
    expect((await run('--compare=old.json')).stderr).toMatch('not comparable')
    expect((await run('--only', 'smal-32')).stderr).toMatch("there is no 'smal-32'; there are small-32,")
    expect((await run('--quick', '--list')).stdout).toMatch(
      'scenarios: small-32, body300-1, burst-32, startup',
    )
  })
})
