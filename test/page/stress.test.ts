import { Agent } from 'node:http'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { definePlugin, Reply } from '../../core/index.js'
import { ask, send } from '../support/client.js'
import { isWithoutBrowser, launch, openPage } from './browser.js'
import { startWorld, type World } from './world.js'

const PROMPTS = 10_000
/** Milliseconds that a frame may take, on a machine on which one of a few prompts takes half of that. */
const FRAME = 50
/** Two frames of some hundred may wait for the machine: what ten thousand prompts cost is seen in each that they have a part in. */
const ODD = 2

/** Notes the time between frames. */
const WATCH = `
  window.frames = []
  let before = performance.now()
  const next = (now) => { window.frames.push(now - before); before = now; requestAnimationFrame(next) }
  requestAnimationFrame(next)`

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds: when it began, and how much CPU time it took. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/**
 * Milliseconds of CPU time of the page's longest tasks. Not by the clock: beside other work on the machine the page waits for its
 * turn, which says nothing about it.
 */
function longest(trace: Buffer): readonly number[] {
  const { traceEvents } = JSON.parse(trace.toString('utf8')) as { traceEvents: readonly TraceEvent[] }
  const threads = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain',
  )
  const isPage = ({ pid, tid }: TraceEvent) =>
    threads.some((thread) => thread.pid === pid && thread.tid === tid)
  const tasks = traceEvents.filter(
    (event) => event.name.endsWith('RunTask') && event.tdur !== undefined && isPage(event),
  )
  expect(tasks.length).toBeGreaterThan(100)
  return tasks.map(({ tdur }) => Math.round(tdur! / 1000)).sort((a, b) => b - a)
}

/** Answers most by itself: ten thousand calls to an upstream would take a minute of the test. */
const answers = definePlugin({
  name: 'answers',
  phase: 'request',
  create: () => ({
    handle: (call, next) =>
      call.headers['x-answer'] === undefined ? next(call) : Reply.json({ type: 'message', content: [] }),
  }),
})

describe.skipIf(isWithoutBrowser())('ten thousand prompts', () => {
  let browser: Browser
  let world: World
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld({
      plugins: { trace: { size: PROMPTS, memory: '400mb' }, ledger: false },
      use: [answers()],
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    let n = 0
    const one = async (): Promise<void> => {
      if (n >= PROMPTS) return
      const i = n++
      await send(world.gateway.url, {
        agent,
        headers: {
          'x-claude-code-session-id': `session-${i % 50}`,
          'x-claude-code-prompt-id': `prompt-${i}`,
        },
        body: ask(),
      })
      return one()
    }
    await Promise.all(Array.from({ length: 32 }, one))
    agent.destroy()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  it('are listed, filtered and scrolled without a frame of 50 ms, or of twice what a few prompts take', {
    timeout: 180_000,
  }, async () => {
    const { page, problems, close } = await openPage(browser, world.page())
    await page.locator('.line.prompt').first().waitFor()
    await page.evaluate(WATCH)
    const trace = () =>
      browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
    await trace()
    const scroll = (to: string) =>
      page.evaluate(`{ const e = document.querySelector('.lines'); e.scrollTo(0, ${to}) }`)
    const loaded = () =>
      page.evaluate(`document.querySelector('.lines > div').offsetHeight / 38`) as Promise<number>
    await expect
      .poll(
        async () => {
          await scroll('e.scrollHeight')
          return Math.round(await loaded())
        },
        { timeout: 120_000, interval: 60 },
      )
      .toBeGreaterThanOrEqual(PROMPTS)
    await scroll('0')
    await page.mouse.move(600, 500)
    for (let i = 0; i < 60; i++) await page.mouse.wheel(0, 900)
    await page.keyboard.press('j')
    const filter = async () => {
      await page.keyboard.press('/')
      await page.keyboard.type('session-7')
      await expect.poll(loaded, { timeout: 10_000 }).toBeLessThan(PROMPTS / 10)
    }
    await filter()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    for (let i = 0; i < 20; i++) await world.turn({ session: 's', prompt: `live-${i}`, words: 'live' })
    await page.waitForTimeout(500)
    const tasks = longest(await browser.stopTracing())
    const frames = ((await page.evaluate('window.frames')) as number[]).sort((a, b) => a - b)
    const p = (q: number) => Math.round(frames[Math.floor(frames.length * q)]! * 10) / 10
    // What a screen of lines costs on this machine, of the few that are left.
    await filter()
    await trace()
    for (let i = 0; i < 20; i++) {
      await scroll(i % 2 === 0 ? 'e.scrollHeight' : '0')
      await page.waitForTimeout(100)
    }
    const few = longest(await browser.stopTracing())
    console.log(
      `${frames.length} frames by the clock: p50 ${p(0.5)}, p99 ${p(0.99)} ms; longest tasks ${tasks.slice(0, 8)} ms of CPU, with few prompts ${few.slice(0, 4)}`,
    )
    expect(await page.locator('.line').count()).toBeLessThan(200)
    const limit = Math.max(FRAME, 2 * few[ODD]!)
    expect(tasks.slice(ODD).filter((ms) => ms > limit)).toEqual([])
    expect(problems).toEqual([])
    await close()
  })
})
