import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRandomPort } from 'get-port-please'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ask, send } from '../support/client.js'
import { isWithoutBrowser, launch, openPage, shot } from './browser.js'

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))
const PATIENCE = { timeout: 30_000 }

/** A gateway in a process of its own, which answers by itself; it starts again on the port that it had. */
async function gatewayProcess() {
  const folder = mkdtempSync(join(tmpdir(), 'agproxy-away-'))
  const port = await getRandomPort('127.0.0.1')
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const start = async (adminKey: string) => {
    const file = join(folder, 'agproxy.config.json')
    const config = { preset: 'claude-code', server: { port, adminKey }, trace: { bodies: true } }
    writeFileSync(file, JSON.stringify(config))
    const { PATH } = process.env
    child = spawn(process.execPath, [bin, 'start', '--config', file], {
      env: { PATH, HOME: folder, XDG_STATE_HOME: folder },
      stdio: 'ignore',
    })
    const answers = () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    await expect.poll(answers, { ...PATIENCE, interval: 50 }).toBe(true)
  }
  const stop = async (signal: NodeJS.Signals) => {
    child!.kill(signal)
    if (child!.exitCode === null && child!.signalCode === null) await once(child!, 'exit')
  }
  onTestFinished(async () => {
    await stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const prompt = (words: string) =>
    send(url, {
      headers: { 'x-claude-code-session-id': 'away', 'x-claude-code-prompt-id': words },
      body: ask({ messages: [{ role: 'user', content: words }] }),
    })
  const signal = (name: NodeJS.Signals) => child!.kill(name)
  return { url, start, stop, signal, prompt }
}

describe.skipIf(isWithoutBrowser())('a gateway that stops while the page is open', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  async function opened() {
    const gateway = await gatewayProcess()
    await gateway.start('the-first-key')
    await gateway.prompt('Before the loss')
    const { page, problems, asked, close } = await openPage(
      browser,
      `${gateway.url}/_agproxy/#key=the-first-key&/live`,
    )
    onTestFinished(close)
    const before = page.locator('.line.prompt', { hasText: 'Before the loss' })
    await before.click()
    await page.locator('.line.request').click()
    const panel = page.getByRole('complementary', { name: 'Request' })
    await panel.getByRole('heading', { name: /200/ }).waitFor()
    // The list holds still while the pointer is on it.
    await page.mouse.move(5, 5)
    return { gateway, page, asked, problems, before, panel }
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)('is told of, and goes on when it is back: %s', async (signal) => {
    const { gateway, page, asked, problems, before, panel } = await opened()
    const away = page.getByText(
      /The gateway has not answered since \d\d:\d\d:\d\d\. What is here stays as it was/,
    )
    // One view is fetched before it is opened; the others come when the gateway is back.
    if (signal === 'SIGTERM')
      await expect.poll(() => asked.some((url) => /assets\/cost-.*js/.test(url)), PATIENCE).toBe(true)
    await gateway.stop(signal)
    await away.waitFor(PATIENCE)
    await page.getByText('no answer; trying again').waitFor()
    await shot(page, `away-${signal}`)
    expect(await before.count()).toBe(1)
    expect(await panel.getByRole('heading', { name: /200/ }).count()).toBe(1)

    // Also a view that was never open, and what it fetches.
    await page.keyboard.press('g')
    await page.keyboard.press('c')
    if (signal === 'SIGTERM') await page.getByText('no gateway answers here; it may have stopped').waitFor()

    await gateway.start('the-first-key')
    await page.getByText('Nothing was spent in this time').or(page.locator('tfoot')).waitFor(PATIENCE)
    await away.waitFor({ state: 'detached', ...PATIENCE })
    await page.locator('.serving .state', { hasText: 'serving' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('l')
    await gateway.prompt('After the loss')
    await page.locator('.line.prompt', { hasText: 'After the loss' }).waitFor(PATIENCE)
    expect(await before.count()).toBe(1)
    expect(problems).toEqual([])
  })

  it('or hangs is told of too, and goes on when it answers again; silence alone is no loss', async () => {
    const { gateway, page, problems, before } = await opened()
    const away = page.getByText(/The gateway has not answered since \d\d:\d\d:\d\d/)
    await page.waitForTimeout(12_000)
    expect(await away.count()).toBe(0)
    gateway.signal('SIGSTOP')
    await away.waitFor(PATIENCE)
    await page.getByText('no answer; trying again').waitFor()
    await shot(page, 'away-SIGSTOP')
    gateway.signal('SIGCONT')
    await away.waitFor({ state: 'detached', ...PATIENCE })
    await page.locator('.serving .state', { hasText: 'serving' }).waitFor()
    await gateway.prompt('After the hang')
    await page.locator('.line.prompt', { hasText: 'After the hang' }).waitFor(PATIENCE)
    expect(await before.count()).toBe(1)
    expect(problems).toEqual([])
  })

  it('with another key is told of, keeps what is here, and goes on with the new key', async () => {
    const { gateway, page, problems, before, panel } = await opened()
    const url = page.url()
    await gateway.stop('SIGKILL')
    await page.getByText('The gateway has not answered since').waitFor(PATIENCE)
    await gateway.start('the-second-key')
    await page.getByText('The gateway’s admin key was changed').waitFor(PATIENCE)
    await page.getByText('key refused').waitFor()
    await shot(page, 'away-other-key')
    expect(await before.count()).toBe(1)
    expect(await panel.getByRole('heading', { name: /200/ }).count()).toBe(1)
    await gateway.prompt('Under the new key')

    const field = page.getByLabel('Admin key')
    await field.fill('a wrong one')
    await page.keyboard.press('Enter')
    await page.getByText('key refused').waitFor()
    expect(await before.count()).toBe(1)
    await field.fill('the-second-key')
    await page.keyboard.press('Enter')
    await page.locator('.line.prompt', { hasText: 'Under the new key' }).waitFor(PATIENCE)
    await page.locator('.serving .state', { hasText: 'serving' }).waitFor()
    await field.waitFor({ state: 'detached' })
    expect(await before.count()).toBe(1)
    expect(page.url()).toBe(url)
    expect(problems).toEqual([])
  })
})
