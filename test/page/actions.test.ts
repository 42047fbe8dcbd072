import { readFileSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseCassette } from '../../core/cassette/format.js'
import { failure } from '../support/anthropic-upstream.js'
import { isWithoutBrowser, launch, type Opened, openPage } from './browser.js'
import { startWorld, type World } from './world.js'

const HOSTILE = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> \u202eesrever ${'w'.repeat(5_000)}`

describe.skipIf(isWithoutBrowser())('what can be done with a request', () => {
  let browser: Browser
  let world: World
  let id: string
  let opened: Opened
  beforeAll(async () => {
    browser = await launch()
    world = await startWorld()
    await world.turn({
      session: 'one',
      words: 'Explain the retry policy',
      text: 'It tries again.',
      made: 900,
    })
    id = (await world.api('requests')).requests[0].id
    // What is sent again gets the answer of the last turn.
    await world.turn({ session: 'two', words: 'another', text: HOSTILE, input: 700, output: 90 })
  })
  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })
  beforeEach(async () => {
    opened = await openPage(browser, world.page(`/live?open=${id}`), { reducedMotion: 'reduce' })
    await opened.page.locator('.actions').waitFor()
  })
  afterEach(async () => {
    expect(opened.problems).toEqual([])
    await opened.close()
  })

  it('is saved as a cassette without keys', async () => {
    const { page } = opened
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save cassette' }).click()
    const file = await saved
    expect(file.suggestedFilename()).toMatch(new RegExp(`^20[\\dTZ.-]+-${id}\\.json$`))
    const text = readFileSync(await file.path(), 'utf8')
    expect(parseCassette(text, 'it')).toMatchObject({ id, attempts: [{ answer: { status: 200 } }] })
    expect(text).toContain('Explain the retry policy')
    expect(text).not.toContain('sk-upstream')
  })

  it.each([
    [404, { error: { message: 'the request of it is not kept' } }, 'the request of it is not kept'],
    [503, { error: { message: 'the gateway stops' } }, 'the gateway stops'],
    [500, 'no JSON of the gateway', 'the gateway answered with status 500'],
  ])('that is not saved says why: %s', async (status, body, words) => {
    const { page } = opened
    await page.route('**/cassette', (route) => route.fulfill({ status, body: JSON.stringify(body) }))
    await page.getByRole('button', { name: 'Save cassette' }).click()
    await page.getByRole('alert').getByText(words).waitFor()
    await page.unroute('**/cassette')
    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save cassette' }).click()
    await saved
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  it('without its body is not saved, and the line that keeps bodies is there to copy', async () => {
    const { page } = opened
    const bare = await startWorld({ plugins: { trace: { bodies: false } } })
    await bare.turn({ session: 'two', words: 'hi' })
    const { requests } = await bare.api('requests')
    const other = await openPage(browser, bare.page(`/live?open=${requests[0].id}`))
    await other.page.getByRole('button', { name: 'Save cassette' }).click()
    await other.page.getByRole('alert').getByText('trace: { bodies: true }').waitFor()
    expect(other.asked.filter((url) => url.includes('cassette'))).toEqual([])
    expect(other.problems).toEqual([])
    await other.close()
    await bare.close()
    await page.getByRole('button', { name: 'Copy “explain”' }).waitFor()
  })

  describe('is sent to another model', () => {
    const open = async () => {
      const { page } = opened
      await page.getByRole('button', { name: 'Send to another model…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Model').waitFor()
      return dialog
    }
    const send = { name: /^Send it/ }

    it('after it said what that costs, and both answers stand side by side as text', async () => {
      const { page, asked } = opened
      const dialog = await open()
      expect(await dialog.innerText()).toMatch(/tokens are sent once more[\s\S]*Before it cost \$0\.0\d+\./)
      expect(await dialog.getByRole('button', send).isDisabled()).toBe(true)
      const calls = world.up.requests.length
      await dialog.getByLabel('Model').fill('glm-4.5-air')
      await dialog.getByLabel('Upstream or account').selectOption({ label: 'team-b (account of zai)' })
      await dialog.getByRole('button', send).click()
      await dialog.getByText('Both answers').waitFor()
      const row = async (name: string) =>
        (await dialog.locator('tr', { hasText: name }).innerText()).split(/\t/)
      expect(await row('model')).toEqual(['model', 'glm-5.3', 'glm-4.5-air'])
      expect(await row('account')).toEqual(['account', 'team-a', 'team-b'])
      expect((await row('tokens out'))[2]).toBe('90')
      expect((await row('cost')).slice(1)).toEqual([
        expect.stringMatching(/^\$0\.0/),
        expect.stringMatching(/^\$0\.0/),
      ])
      expect(await dialog.getByRole('region', { name: 'The answer then' }).innerText()).toContain(
        'It tries again.',
      )
      expect(await dialog.getByRole('region', { name: 'The answer now' }).innerText()).toContain(
        '<img src=x onerror=',
      )
      expect(await page.evaluate('window.hacked')).toBeUndefined()
      expect(await dialog.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0)
      expect(asked.filter((url) => url.endsWith('/resend'))).toHaveLength(1)
      expect(world.up.requests).toHaveLength(calls + 1)
      await dialog.getByRole('button', { name: 'Close' }).click()
      await dialog.waitFor({ state: 'detached' })
      await page.keyboard.press('Escape')
      await page.locator('.panel').waitFor({ state: 'detached' })
    })

    it.each([
      [404, { error: { message: 'no request of this name' } }, 'no request of this name'],
      [400, { error: { message: 'model: expected a name' } }, 'model: expected a name'],
      [500, 'a page of a proxy', 'the gateway answered with status 500'],
    ])('or says why not: %s', async (status, body, words) => {
      const dialog = await open()
      const { page } = opened
      await page.route('**/resend', (route) => route.fulfill({ status, body: JSON.stringify(body) }))
      await dialog.getByLabel('Model').fill('m')
      await page.keyboard.press('Enter')
      await dialog.getByRole('alert').getByText(words).waitFor()
      expect(await dialog.getByRole('button', send).isEnabled()).toBe(true)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await page.locator('.panel-title').waitFor()
    })

    it('and an upstream that fails is an answer too', async () => {
      const dialog = await open()
      world.next({
        failures: Array.from({ length: 5 }, () => failure(400, 'invalid_request_error', 'no such model')),
      })
      await dialog.getByLabel('Model').fill('nobody')
      await opened.page.keyboard.press('Enter')
      await dialog.locator('td.bad', { hasText: '400' }).waitFor()
      expect(await dialog.getByRole('region', { name: 'The answer now' }).innerText()).toContain(
        'no such model',
      )
    })

    it('with a key that is refused, the page says how it is opened', async () => {
      const dialog = await open()
      await opened.page.route('**/resend', (route) => route.fulfill({ status: 401, body: '{}' }))
      await dialog.getByLabel('Model').fill('m')
      await opened.page.keyboard.press('Enter')
      await opened.page.getByText('agproxy ui').first().waitFor()
      await dialog.getByRole('alert').getByText('status 401').waitFor()
    })
  })
})
