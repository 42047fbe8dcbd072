import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The system's Chromium; `CHROMIUM` names another. Nothing is downloaded. */
export const chromiumPath = [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path))

/** Whether the tests are left out; where a browser is demanded that is a failure. */
export function isWithoutBrowser(): boolean {
  if (chromiumPath !== undefined) return false
  const words = 'there is no Chromium here: apt-get install chromium, or set CHROMIUM'
  if (process.env.REQUIRE_BROWSER) throw new Error(words)
  console.warn(`the browser tests are skipped: ${words}`)
  return true
}

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-gpu'] })
}

/** A page that fails the test for each error, each request to another host and each violation of its policy. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1600, height: 1000 }, ...options })
  const page = await context.newPage()
  const problems: string[] = []
  const asked: string[] = []
  const { origin } = new URL(url)
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`))
  page.on('console', (message) => {
    // A refused request is told of by the browser too; what the page makes of it is looked at where a test wants it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      problems.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    asked.push(request.url())
    if (!request.url().startsWith(`${origin}/_agproxy/`)) problems.push(`asked ${request.url()}`)
  })
  await page.goto(url)
  return { page, problems, asked, close: () => context.close() }
}

export type Opened = Awaited<ReturnType<typeof openPage>>

const SHOTS = fileURLToPath(new URL('../../.cache/page-shots/', import.meta.url))

/** A screenshot that CI keeps. */
export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true })
  await page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled' })
}
